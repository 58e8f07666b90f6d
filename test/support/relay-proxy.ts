import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { Relay, sinkHighWaterMark, type RelayOwner } from '../../src/proxy/relay.js';
import { reset } from '../../src/proxy/socket-ends.js';
import { openUpstreamSocket } from '../../src/proxy/sockets.js';
import type { ReadTarget } from '../../src/proxy/user-buffer.js';
import type { Scope } from './scope.js';

/** How relays read from accepted sockets; as `readInto`. */
export type ReadInto = (socket: Socket, target: ReadTarget) => boolean;

const nobody: RelayOwner = { moved: () => undefined };

/** Two relays a client and nothing else, for what does not hang on gateways. Returns its port. */
export async function withRelays(
  scope: Scope,
  upstreamPort: number,
  into: ReadInto,
): Promise<number> {
  const sockets = new Set<Socket>();
  const join = (side: Socket, from: Relay, to: Relay, other: () => Socket): void => {
    sockets.add(side);
    side.on('close', () => {
      sockets.delete(side);
      from.release();
    });
    side.on('end', () => from.end());
    side.on('drain', () => to.resume());
    side.on('error', () => reset(other()));
  };
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, highWaterMark: sinkHighWaterMark },
    (client) => {
      const toUpstream = new Relay(nobody);
      const toClient = new Relay(nobody);
      const address = { kind: 'tcp', host: '127.0.0.1', port: upstreamPort } as const;
      const upstream = openUpstreamSocket(address, toClient);
      join(client, toUpstream, toClient, () => upstream);
      join(upstream, toClient, toUpstream, () => client);
      toUpstream.readFromAccepted(client, into);
      upstream.on('connect', () => {
        toClient.readFrom(upstream);
        toClient.writeTo(client);
        toUpstream.writeTo(upstream);
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
