import {
  createConnection,
  type IpcSocketConnectOpts,
  type Socket,
  type TcpSocketConnectOpts,
} from 'node:net';

import type { Address } from '../model/address.js';
import { sinkHighWaterMark, type Relay } from './relay.js';

/** Dials an address, which is an IP literal or a path; what it sends goes to the relay. */
export function openUpstreamSocket(address: Address, relay: Relay): Socket {
  const { buffer, callback } = relay;
  if (address.kind === 'unix') {
    const options: SinkOptions & IpcSocketConnectOpts = {
      path: address.path,
      allowHalfOpen: true,
      writableHighWaterMark: sinkHighWaterMark,
      onread: { buffer, callback },
    };
    return createConnection(options);
  }
  const options: SinkOptions & TcpSocketConnectOpts = {
    host: address.host,
    port: address.port,
    allowHalfOpen: true,
    noDelay: true,
    writableHighWaterMark: sinkHighWaterMark,
    onread: { buffer, callback },
  };
  return createConnection(options);
}

/** Node takes them; its types leave the mark out. */
interface SinkOptions {
  readonly allowHalfOpen: boolean;
  readonly writableHighWaterMark: number;
}

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

/**
 * Calls back if the end that has been read from a socket is one; else its 'error' follows. libuv
 * reports an end also for a reset that has come in with the last bytes, and an empty write, which
 * sends nothing, fails then. Where that cannot tell the end is believed: our own direction is
 * closed or not written out, or it is a unix socket, which knows no reset.
 */
export function confirmEnd(socket: Socket, confirmed: () => void): void {
  const isTelling = socket.writable && socket.writableLength === 0;
  if (!isTelling || socket.localPort === undefined) {
    confirmed();
    return;
  }
  socket.write(nothing, (error) => {
    if (!error) confirmed();
  });
}

const nothing = Buffer.alloc(0);

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? 'unix' : formatPeer(remoteAddress, remotePort ?? 0);
}

function formatPeer(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
