import { once } from 'node:events';
import {
  createConnection,
  createServer,
  type ListenOptions as NodeListenOptions,
  type Server,
  type Socket,
} from 'node:net';

import type { Address } from '../../model/address.js';
import type {
  BoundSocket,
  Side,
  SideDialer,
  Sides,
  SocketAcceptor,
  TcpOptions,
} from '../../model/side.js';
import { nodeHost } from '../../model/zones.js';
import { Seldom } from '../seldom.js';
import { noOwner } from '../no-owner.js';
import { sinkHighWaterMark, StreamSide } from './stream-side.js';
import { unixPathOf } from './unix-path.js';

/** Connections the kernel keeps until they are accepted. */
const backlog = 4096;

/**
 * Sides on top of `net.Socket`, for systems without the calls of Linux. `userTimeoutMs` and `freebind` are
 * not to be had here, and neither is a change of `keepaliveMs` for a socket that listens already.
 */
export const streamSides: Sides = {
  kind: 'portable',
  connect,
  listen: (address, options, acceptor) => listen(listenTarget(address), options, acceptor),
  adopt: (fd, acceptor) => listen({ fd }, { keepaliveMs: 0 }, acceptor, fd),
  attend: (work) => work,
  close: () => undefined,
};

/** Node's types leave the descriptor out. */
type ListenTarget = NodeListenOptions & { readonly fd?: number };

function listenTarget(address: Address): ListenTarget {
  if (address.kind === 'unix') return { path: address.path };
  const { host, port } = address;
  return host === '' ? { port } : { host: nodeHost(host), port };
}

async function listen(
  target: ListenTarget,
  { keepaliveMs }: Pick<TcpOptions, 'keepaliveMs'>,
  acceptor: SocketAcceptor,
  fd?: number,
): Promise<BoundSocket> {
  const path = fd === undefined ? target.path : await unixPathOf(fd);
  const server = createServer({
    allowHalfOpen: true,
    pauseOnConnect: true,
    noDelay: true,
    keepAlive: keepaliveMs > 0,
    keepAliveInitialDelay: keepaliveMs,
    highWaterMark: sinkHighWaterMark,
  });
  server.on('connection', (client) => acceptor.accepted(new StreamSide(client)));
  server.listen({ ...target, backlog });
  await once(server, 'listening');
  const failures = new Seldom();
  server.on('error', (error) => {
    if (failures.isDue()) acceptor.failed(error);
  });
  return {
    address: boundAddress(server, path),
    configure: () => undefined,
    close: () => server.close(),
  };
}

/** @throws Error for a unix socket without a path. */
function boundAddress(server: Server, path: string | undefined): Address {
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') {
    return { kind: 'tcp', host: bound.address, port: bound.port };
  }
  if (path !== undefined) return { kind: 'unix', path };
  server.close();
  throw Object.assign(new Error('getsockname EADDRNOTAVAIL'), { code: 'EADDRNOTAVAIL' });
}

function connect(address: Address, dialer: SideDialer, options: TcpOptions): Side {
  const socket = open(address, options);
  const side = new StreamSide(socket);
  side.owner = { ...noOwner, sideFailed: (_side, error) => dialer.failed(side, error) };
  socket.once('connect', () => dialer.connected(side));
  return side;
}

function open(address: Address, { keepaliveMs }: TcpOptions): Socket {
  const options = { allowHalfOpen: true, writableHighWaterMark: sinkHighWaterMark };
  if (address.kind === 'unix') return createConnection({ ...options, path: address.path });
  const { host, port } = address;
  return createConnection({
    ...options,
    host: nodeHost(host),
    port,
    noDelay: true,
    keepAlive: keepaliveMs > 0,
    keepAliveInitialDelay: keepaliveMs,
  });
}
