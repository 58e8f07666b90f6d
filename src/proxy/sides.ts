import { kernelSides } from '../kernel/sides.js';
import { openLibc } from '../kernel/libc/libc.js';
import { streamSides } from '../kernel/portable/stream-sides.js';
import type { Side, Sides, SocketName } from '../model/side.js';

/** The fastest that this system has. `mostPipes`: how many directions may carry bulk inside the kernel. */
export async function systemSides(mostPipes: number): Promise<Sides> {
  const libc = await openLibc();
  return libc ? kernelSides(libc, mostPipes) : streamSides;
}

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(side: Side): string {
  const name = side.peer();
  return name === undefined ? 'unix' : formatName(name);
}

function formatName({ host, port }: SocketName): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
