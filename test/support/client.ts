import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { Scope } from './scope.js';

/** A client's connection, half-open as the gateway's own, destroyed when the test ends. */
export async function withClient(
  scope: Scope,
  where: number | { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<Socket> {
  const options = typeof where === 'number' ? { host: '127.0.0.1', port: where } : where;
  const socket = connect({ ...options, allowHalfOpen: true });
  scope.defer(() => socket.destroy());
  socket.on('error', ignore);
  await once(socket, 'connect');
  return socket;
}

/**
 * The first line of what an upstream says on a new connection: who it is, where upstreams have
 * `identity` for their behaviour. Undefined: the connection ended without one. `says` goes out first.
 */
export async function whoAnswers(
  port: number,
  host = '127.0.0.1',
  says = '',
): Promise<string | undefined> {
  const socket = connect({ host, port, timeout: 5_000 });
  if (says !== '') socket.write(says);
  socket.on('timeout', () => socket.destroy());
  socket.on('error', ignore);
  try {
    return await firstLine(socket);
  } finally {
    socket.destroy();
  }
}

async function firstLine(socket: Socket): Promise<string | undefined> {
  let text = '';
  try {
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
    }
  } catch {
    // reset: nobody answers
  }
  return undefined;
}

/** Everything until the other side closes its direction. @throws when the connection is reset. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const reading = socket.iterator({ destroyOnReturn: false });
  for await (const chunk of reading) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * How a connection has ended that was read to its end: an empty write tells what reading does not,
 * for libuv reports an end also for a reset that has come in with the last bytes.
 */
export async function howEnded(socket: Socket): Promise<'end' | 'reset'> {
  if (socket.destroyed) return 'reset'; // half-open as it is, nothing else destroys it
  return new Promise((resolve) => {
    socket.write('', (error) => resolve(error ? 'reset' : 'end'));
  });
}

/** An error is told by the 'close' that follows, or by what a test reads. */
function ignore(): void {
  // deliberately empty
}
