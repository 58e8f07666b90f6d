import { createConnection, type Server, type Socket } from 'node:net';

import type { Address } from '../model/address.js';
import type { Side, SideDialer } from '../model/side.js';
import { nobody } from './nobody.js';
import type { Sides } from './sides.js';
import { sinkHighWaterMark, StreamSide } from './stream-side.js';

/** Sides on top of `net.Socket`: public all through, for any Node. */
export const streamSides: Sides = { kind: 'streams', connect, serve };

function serve(
  server: Server,
  accept: (client: Side) => void,
  failed: (error: Error) => void,
): void {
  server.on('error', failed);
  server.on('connection', (client) => accept(new StreamSide(client)));
}

function connect(address: Address, dialer: SideDialer): Side {
  const socket = open(address);
  const side = new StreamSide(socket);
  side.owner = { ...nobody, sideFailed: (_side, error) => dialer.failed(side, error) };
  socket.once('connect', () => dialer.connected(side));
  return side;
}

function open(address: Address): Socket {
  const options = { allowHalfOpen: true, writableHighWaterMark: sinkHighWaterMark };
  if (address.kind === 'unix') return createConnection({ ...options, path: address.path });
  const { host, port } = address;
  return createConnection({ ...options, host, port, noDelay: true });
}
