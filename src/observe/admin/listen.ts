import { lstat, chmod, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { lookup } from 'node:dns/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, isIP, type ListenOptions } from 'node:net';
import { dirname, join } from 'node:path';

import {
  bindingsOf,
  formatAddress,
  isDispensable,
  type Address,
  type Binding,
} from '../../model/address.js';
import { errorCode, errorMessage, GatewayError } from '../../model/errors.js';
import type { Clock } from '../../model/ports.js';
import { oneByOne } from './pipeline.js';

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;
const closeGraceMs = 5_000;
const largestHeaderBytes = 8 * 1024;
const mostConnections = 128;

/** A server and how to leave nothing of its address behind. */
interface Bound {
  readonly server: Server;
  readonly release: () => Promise<void>;
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
    await Promise.all(
      this.#bound.flatMap(({ server, release }) => [
        new Promise<void>((resolve) => server.close(() => resolve())),
        release(),
      ]),
    );
    grace.cancel();
  }
}

export interface AdminListenerOptions {
  readonly handle: RequestListener;
  /** Told of what goes wrong later, as when file descriptors run out. */
  readonly failed: (error: Error) => void;
  readonly clock: Clock;
}

/**
 * Binds and serves. A unix socket is open to its owner only, from its first moment on.
 * @throws GatewayError when the address cannot be had.
 */
export async function listenAdmin(
  address: Address,
  { handle, failed, clock }: AdminListenerOptions,
): Promise<AdminListener> {
  const bound: Bound[] = [];
  const listener = new AdminListener(address, bound, clock);
  try {
    for (const binding of bindingsOf(address)) {
      const one = await bind(binding, handle);
      one?.server.on('error', failed);
      if (one) bound.push(one);
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
    return { server, release: await listenOn(server, binding.address) };
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
  server.maxConnections = mostConnections;
  server.timeout = idleTimeoutMs;
  return server;
}

/** Returns how to leave nothing behind. */
async function listenOn(server: Server, address: Address): Promise<() => Promise<void>> {
  if (address.kind === 'unix') return listenUnix(server, address.path);
  // Without a host Node takes all interfaces, IPv6 or not.
  const { host, port } = address;
  await listen(server, host === '' ? { port } : { host: await literal(host), port });
  return () => Promise.resolve();
}

/** The first address of a host name, IPv4 before IPv6. */
async function literal(host: string): Promise<string> {
  return isIP(host) === 0 ? (await lookup(host, { verbatim: false })).address : host;
}

/** Binds inside a folder that nobody else may enter, narrows the mode, then moves into place. */
async function listenUnix(server: Server, path: string): Promise<() => Promise<void>> {
  await refuseIfInUse(path);
  const folder = await mkdtemp(join(dirname(path), '.a-'));
  try {
    const hidden = join(folder, 's');
    await listen(server, { path: hidden });
    await chmod(hidden, 0o600);
    const { ino } = await lstat(hidden);
    await rename(hidden, path);
    return () => removeOwn(path, ino);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A socket file that nobody listens on was left behind by a process that died. */
async function refuseIfInUse(path: string): Promise<void> {
  const found = await lstat(path).catch(absent);
  if (!found) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is not a socket`);
  if (await isListening(path)) {
    throw Object.assign(new Error('another process listens there'), { code: 'EADDRINUSE' });
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error) => {
      if (errorCode(error) === 'ECONNREFUSED') resolve(false);
      else reject(error);
    });
  });
}

/** Leaves the file alone if another process has put its own in the place. */
async function removeOwn(path: string, ino: number): Promise<void> {
  const found = await lstat(path).catch(absent);
  if (found?.ino === ino) await unlink(path).catch(absent);
}

function absent(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
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
  const message = `admin.listen-addr ${formatAddress(address)} cannot be bound: ${busy}`;
  return new GatewayError(message, { code, side: 'system', cause: error });
}
