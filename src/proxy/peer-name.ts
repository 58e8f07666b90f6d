import type { Side, SocketName } from '../model/side.js';

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(side: Side): string {
  const name = side.peer();
  return name === undefined ? 'unix' : formatName(name);
}

function formatName({ host, port }: SocketName): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
