import { lookup } from 'node:dns/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { isIP, type ListenOptions } from 'node:net';

import { SocketFile } from '../../kernel/socket-file.js';
import {
  bindingsOf,
  formatAddress,
  isDispensable,
  type Address,
  type Binding,
} from '../../model/address.js';
import { errorCode, errorMessage, GatewayError, zoneReason } from '../../model/errors.js';
import type { Clock } from '../../model/ports.js';
import { nodeHost } from '../../model/zones.js';
import { oneByOne } from './pipeline.js';

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;
const closeGraceMs = 5_000;
const largestHeaderBytes = 8 * 1024;
const ownerOnly = 0o600;

interface Bound {
  readonly server: Server;
  /** Of a unix socket. */
  readonly file: SocketFile | undefined;
}

/** A front address of the admin server, with all that is bound for it. */
export class AdminListener {
  readonly address: Address;
  readonly #bound: readonly Bound[];
  readonly #clock: Clock;
  #closed: Promise<void> | undefined;

  constructor(address: Address, bound: readonly Bound[], clock: Clock) {
    this.address = address;
    this.#bound = bound;
    this.#clock = clock;
  }

  /** Its address is its own from now on; `lost` is called once, soon after its socket's file is gone. */
  keep(lost: (reason: string) => void): void {
    for (const { file } of this.#bound) {
      file?.keep();
      file?.watch(this.#clock, lost);
    }
  }

  /** Where it listens, as the system has it: a name is an address here. */
  get addresses(): readonly Address[] {
    return this.#bound.map(({ server }) => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return this.address;
      return { kind: 'tcp', host: bound.address, port: bound.port };
    });
  }

  /** Why no client finds its socket's file any more; undefined: all is well, or it has none. */
  get whyLost(): string | undefined {
    return this.#bound.map(({ file }) => file?.whyLost).find((reason) => reason !== undefined);
  }

  /** Frees the address at once and waits, for five seconds at most, for requests under way. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const cutOff = (): void => {
      for (const { server } of this.#bound) server.closeAllConnections();
    };
    const grace = this.#clock.setTimer(closeGraceMs, cutOff);
    try {
      for (const { file } of this.#bound) file?.remove();
    } finally {
      await Promise.all(this.#bound.map(({ server }) => closed(server)));
      grace.cancel();
    }
  }
}

export interface AdminListenerOptions {
  readonly handle: RequestListener;
  /** Told of what goes wrong later, as when file descriptors run out. */
  readonly failed: (error: Error) => void;
  readonly clock: Clock;
  /** Connections at a time; further ones are closed at once. */
  readonly mostConnections: number;
}

/**
 * Binds and serves. A unix socket is open to its owner only, from its first moment on.
 * @throws GatewayError when the address cannot be had.
 */
export async function listenAdmin(
  address: Address,
  { handle, failed, clock, mostConnections }: AdminListenerOptions,
): Promise<AdminListener> {
  const bound: Bound[] = [];
  const listener = new AdminListener(address, bound, clock);
  const bindings = bindingsOf(address);
  try {
    for (const binding of bindings) {
      const one = await bind(binding, handle);
      if (!one) continue;
      one.server.on('error', failed);
      one.server.maxConnections = Math.ceil(mostConnections / bindings.length);
      bound.push(one);
    }
    return listener;
  } catch (error) {
    await listener.close();
    throw listenError(address, error);
  }
}

/** Undefined: the machine has no such address, and the listener does without it. */
async function bind(binding: Binding, handle: RequestListener): Promise<Bound | undefined> {
  const server = createBoundedServer(handle);
  try {
    return { server, file: await listenOn(server, binding.address) };
  } catch (error) {
    server.close();
    if (isDispensable(binding, errorCode(error))) return undefined;
    throw error;
  }
}

function createBoundedServer(handle: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: largestHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: closeGraceMs,
      connectionsCheckingInterval: 1_000,
    },
    oneByOne(handle),
  );
  server.timeout = idleTimeoutMs;
  return server;
}

/** Returns the file of a unix socket. */
async function listenOn(server: Server, address: Address): Promise<SocketFile | undefined> {
  if (address.kind === 'unix') {
    return SocketFile.place(address.path, ownerOnly, (path) => listen(server, { path }));
  }
  // Without a host Node takes all interfaces, IPv6 or not.
  const { host, port } = address;
  await listen(server, host === '' ? { port } : { host: await literal(host), port });
  return undefined;
}

/** The first address of a host name, IPv4 before IPv6. */
async function literal(host: string): Promise<string> {
  return isIP(host) === 0 ? (await lookup(host, { verbatim: false })).address : nodeHost(host);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenError(address: Address, error: unknown): GatewayError {
  const code = errorCode(error);
  const busy = code === 'EADDRINUSE' ? 'the address is in use' : errorMessage(error);
  const why = zoneReason(error) ?? busy;
  const message = `admin.listen-addr ${formatAddress(address)} cannot be bound: ${why}`;
  return new GatewayError(message, { code, side: 'system', cause: error });
}
