import { authority, connectPeer } from '../etcd/connect.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import type { Clock } from '../model/ports.js';
import { firstByte } from './probe-answer.js';
import type { ProbeTarget } from './probe-result.js';

export type SendMark = typeof sendMark;

/**
 * Sends a request with a mark in it to an upstream: if the way to it leads back to this process, the
 * mark comes in at a listener. Whether the upstream has answered with anything but an end: a loop
 * has nobody who could. Never rejects.
 */
export async function sendMark(
  clock: Clock,
  target: ProbeTarget,
  mark: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await withTimeLimit(clock, timeoutMs, signal, async (limited) => {
      const socket = await connectPeer(target, undefined, limited);
      try {
        const host = `${authority(target)}\r\nX-Gateway-Mark: ${mark}`;
        const request = `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
        return await firstByte(socket, request, limited);
      } finally {
        socket.destroy();
      }
    });
  } catch {
    return false; // refused, silent or given up: no answer
  }
}
