import type { Socket } from 'node:net';

import { authority, connectPeer } from '../etcd/connect.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import { errorCode } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { timed, type ProbeResult, type ProbeTarget } from './probe-result.js';

/**
 * Whether an upstream sends a byte when it is spoken to, in HTTP and then in TLS: etcd with TLS closes
 * without one on a plaintext request, and answers a ClientHello at least with an alert. A proxy before
 * a dead member and a loop send nothing: `otherwise` says so. Never rejects.
 */
export function probeAnswer(
  clock: Clock,
  target: ProbeTarget,
  otherwise: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const request = `GET /health HTTP/1.1\r\nHost: ${authority(target)}\r\nConnection: close\r\n\r\n`;
  return timed(clock, false, () =>
    withTimeLimit(clock, timeoutMs, signal, async (limited) => {
      const ok =
        (await answers(target, request, limited)) || (await answers(target, clientHello, limited));
      return { ok, reason: ok ? '' : otherwise };
    }),
  );
}

/** @throws the system's error where it could not be asked. */
async function answers(
  target: ProbeTarget,
  words: string | Buffer,
  signal: AbortSignal,
): Promise<boolean> {
  const socket = await connectPeer(target, undefined, signal).catch(noneIfReset);
  if (!socket) return false;
  try {
    return await firstByte(socket, words, signal);
  } finally {
    socket.destroy();
  }
}

/** A reset right after the handshake may be told in place of the connection. */
function noneIfReset(error: unknown): undefined {
  if (errorCode(error) !== 'ECONNRESET') throw error;
}

/** Whether a byte comes back before the connection ends. */
export function firstByte(
  socket: Socket,
  words: string | Buffer,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    for (const event of ['end', 'error', 'close']) socket.once(event, () => resolve(false));
    socket.once('data', () => resolve(true));
    signal.addEventListener('abort', () => resolve(false), { once: true });
    socket.write(words);
  });
}

/** The shortest ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2): no session, no extensions. */
const hello = Buffer.concat([
  Buffer.from([0x03, 0x03]),
  Buffer.alloc(32, 'etcd-gateway'), // the client's random; nothing is kept secret with it
  Buffer.from([0x00]),
  Buffer.from([0x00, 0x06, 0xc0, 0x2f, 0xc0, 0x2b, 0x00, 0x9c]), // ECDHE-RSA, ECDHE-ECDSA, RSA
  Buffer.from([0x01, 0x00]),
]);
const clientHello = Buffer.concat([
  Buffer.from([0x16, 0x03, 0x01, 0x00, hello.length + 4]),
  Buffer.from([0x01, 0x00, 0x00, hello.length]),
  hello,
]);
