import { createConnection, type NetConnectOpts, type Socket } from 'node:net';

import type { Address } from '../model/address.js';
import { sinkHighWaterMark, type Relay } from './relay.js';

/** Dials an address, which is an IP literal or a path; what it sends goes to the relay. */
export function openUpstreamSocket(address: Address, relay: Relay, keepaliveMs: number): Socket {
  const target =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  const options: ConnectOptions = {
    ...target,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: keepaliveMs > 0,
    keepAliveInitialDelay: keepaliveMs,
    writableHighWaterMark: sinkHighWaterMark,
    onread: { buffer: relay.buffer, callback: relay.callback },
  };
  return createConnection(options);
}

/** Node passes it on to the stream; its types leave it out. */
type ConnectOptions = NetConnectOpts & { writableHighWaterMark: number };

/**
 * Closes it at once: a TCP peer sees a reset, so that nobody takes cut-off data for a whole.
 * Unix sockets have no reset; they are closed.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // ERR_INVALID_HANDLE_TYPE: not a TCP socket
  }
}

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? 'unix' : formatPeer(remoteAddress, remotePort ?? 0);
}

function formatPeer(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
