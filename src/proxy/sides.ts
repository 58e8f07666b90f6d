import type { Server } from 'node:net';

import type { Connect, Side, SocketName } from '../model/side.js';

/** Where sides come from: accepted by a server, or dialed. */
export interface Sides {
  /** `handles` need less memory and CPU than `streams`: docs/decisions/data-path.md. */
  readonly kind: 'handles' | 'streams';
  readonly connect: Connect;
  /** Hands all that a listening server accepts to `accept`, with nothing read yet. */
  serve(server: Server, accept: (client: Side) => void, failed: (error: Error) => void): void;
}

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(side: Side): string {
  const name = side.peer();
  return name === undefined ? 'unix' : formatName(name);
}

function formatName({ host, port }: SocketName): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
