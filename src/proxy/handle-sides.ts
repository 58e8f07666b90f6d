import type { Server } from 'node:net';

import { formatAddress, type Address } from '../model/address.js';
import type { Side, SideDialer } from '../model/side.js';
import { HandleSide, systemError } from './handle-side.js';
import { handleOf, type Handle, type Handles, type Request } from './handles.js';
import type { Sides } from './sides.js';
import { streamSides } from './stream-sides.js';

/** Sides right on top of Node's handles. */
export function handleSides(handles: Handles): Sides {
  return {
    kind: 'handles',
    connect: (address, dialer) => connect(handles, address, dialer),
    serve: (server, accept, failed) => serve(handles, server, accept, failed),
  };
}

function serve(
  handles: Handles,
  server: Server,
  accept: (client: Side) => void,
  failed: (error: Error) => void,
): void {
  const handle = handleOf(server);
  if (!handle) {
    streamSides.serve(server, accept, failed);
    return;
  }
  server.on('error', failed);
  handle.onconnection = (status, client) => {
    if (status < 0) {
      failed(systemError(status, 'accept'));
      return;
    }
    client.setNoDelay?.(true);
    accept(new HandleSide(handles, client));
  };
}

interface ConnectRequest extends Request {
  dial?: Dial;
}

interface Dial {
  readonly side: HandleSide;
  readonly dialer: SideDialer;
  readonly address: Address;
}

function connect(handles: Handles, address: Address, dialer: SideDialer): Side {
  const isTcp = address.kind === 'tcp';
  const request: ConnectRequest = handles.newRequest(isTcp ? 'tcp-connect' : 'pipe-connect');
  request.oncomplete = onConnected;
  const [handle, status] = begin(handles, address, request);
  const side = new HandleSide(handles, handle);
  request.dial = { side, dialer, address };
  if (status < 0) queueMicrotask(() => fail(side, dialer, connectError(status, address)));
  return side;
}

function begin(
  handles: Handles,
  address: Address,
  request: Request,
): [handle: Handle, status: number] {
  if (address.kind === 'unix') {
    const pipe = handles.newPipe();
    return [pipe, pipe.connect(request, address.path) ?? 0];
  }
  const { host, port } = address;
  const tcp = handles.newTcp();
  tcp.setNoDelay?.(true);
  const status = host.includes(':') // an IP literal
    ? tcp.connect6(request, host, port)
    : tcp.connect(request, host, port);
  return [tcp, status];
}

function onConnected(this: ConnectRequest, status: number): void {
  if (!this.dial || this.dial.side.isDestroyed) return;
  const { side, dialer, address } = this.dial;
  if (status < 0) fail(side, dialer, connectError(status, address));
  else dialer.connected(side);
}

function fail(side: HandleSide, dialer: SideDialer, error: Error): void {
  if (side.isDestroyed) return;
  side.destroy();
  dialer.failed(side, error);
}

function connectError(status: number, address: Address): Error {
  return systemError(status, 'connect', formatAddress(address));
}
