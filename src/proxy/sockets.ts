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

/** `host:port` of the other side; `unix` where it has no name. */
export function peerName(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? 'unix' : formatPeer(remoteAddress, remotePort ?? 0);
}

function formatPeer(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
