import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';

const block = randomBytes(1024 * 1024 + 7); // no power of two: a shifted block is another one

/** Bytes that differ by seed and from place to place; the same each time within a process. */
export function patterned(length: number, seed = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0, from = (seed * 7_919) % block.length; at < length; from = 0) {
    at += block.copy(bytes, at, from, from + length - at);
  }
  return bytes;
}

export function checksum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes at the pace of the other side. Rejects when the socket closes first. */
export async function writeAll(socket: Socket, bytes: Uint8Array, step = 64 * 1024): Promise<void> {
  for (let at = 0; at < bytes.length; at += step) {
    if (!socket.write(bytes.subarray(at, at + step))) await writable(socket);
  }
}

async function writable(socket: Socket): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const closed = once(socket, 'close', { signal }).then(() => {
    throw new Error('closed before all was written');
  });
  try {
    await Promise.race([once(socket, 'drain', { signal }), closed]);
  } finally {
    waiting.abort();
    closed.catch(() => undefined);
  }
}

/** Reads exactly this many bytes. @throws when the other side ends before. */
export function readExactly(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let missing = length;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing > 0) return;
      finish();
      if (missing < 0) reject(new Error(`${-missing} bytes too many`));
      else resolve(Buffer.concat(chunks));
    };
    const fail = (): void => {
      finish();
      reject(new Error(`ended ${missing} bytes too early`));
    };
    const finish = (): void => {
      socket.off('data', take).off('end', fail).off('close', fail);
    };
    socket.on('data', take).on('end', fail).on('close', fail);
  });
}

/** Everything up to the other side's end; this side stays open. @throws when it is reset. */
export function collect(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before its end')));
  });
}
