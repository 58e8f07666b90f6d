import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import type { Scope } from './scope.js';

export interface TcpServer {
  readonly port: number;
  /** Connections taken so far. */
  readonly accepted: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
}

/** A server on loopback that does with each connection what `behave` says. */
export async function withTcpServer(
  scope: Scope,
  behave: (socket: Socket, nth: number) => void,
): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // the tested side may break off at any time
    behave(socket, accepted++);
    socket.resume(); // or the other side's close would go unseen
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { port, accepted: () => accepted, open: () => sockets.size };
}
