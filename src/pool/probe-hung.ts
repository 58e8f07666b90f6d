import type { Socket } from 'node:net';

import { authority, connectPeer } from '../etcd/connect.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import type { Clock } from '../model/ports.js';
import { timed, type Finding, type ProbeResult, type ProbeTarget } from './probe-result.js';

/**
 * Whether an upstream that took connections and stayed silent is alive again. The kernel accepts for
 * a stopped process, so a connect proves nothing: a request is sent, and any reaction of the process
 * counts, be it an answer, a TLS alert or a close. Never rejects.
 */
export function probeHung(
  clock: Clock,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return timed(clock, false, () =>
    withTimeLimit(clock, timeoutMs, signal, async (limited) => {
      const socket = await connectPeer(target, undefined, limited);
      try {
        await reaction(socket, authority(target), limited);
      } finally {
        socket.destroy();
      }
      return alive;
    }),
  );
}

const alive: Finding = { ok: true, reason: '' };

function reaction(socket: Socket, host: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    const react = (): void => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    signal.addEventListener('abort', giveUp);
    for (const event of ['data', 'end', 'error', 'close']) socket.once(event, react);
    socket.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
