import { chmodSync, existsSync, lstatSync, unlinkSync, type Stats } from 'node:fs';
import { createConnection, createServer, type ListenOptions, type Server } from 'node:net';
import { dirname } from 'node:path';

import { formatAddress, type Address } from '../model/address.js';
import { errorCode, errorMessage, GatewayError } from '../model/errors.js';
import type { GatewaySettings } from '../model/config.js';
import type { Observer } from '../model/events.js';
import type { Side } from '../model/side.js';
import type { Sides } from './sides.js';
import { sinkHighWaterMark } from './stream-side.js';
import { unixPathOf } from './unix-path.js';

/** Whom a listener hands its clients to. */
export interface Acceptor {
  /** Nothing has been read from the client, and nobody owns it yet. */
  accept(client: Side): void;
}

/** Connections the kernel keeps until they are accepted; it caps this at net.core.somaxconn. */
const backlog = 4096;

export interface ListenerDeps {
  readonly observer: Observer;
  readonly sides: Sides;
}

/** A bound front address. Its acceptor can change; its address cannot. */
export class Listener {
  readonly address: Address;
  /** Of a unix socket; undefined: it is not ours to change. */
  #mode: number | undefined;
  readonly #observer: Observer;
  readonly #sides: Sides;
  #server: Server | undefined;
  #acceptor: Acceptor | undefined;
  /** Accepted before the acceptor was known. */
  #early: Side[] = [];

  constructor(address: Address, mode: number | undefined, { observer, sides }: ListenerDeps) {
    this.address = address;
    this.#mode = address.kind === 'unix' ? mode : undefined;
    this.#observer = observer;
    this.#sides = sides;
  }

  /**
   * A listener on a socket that a service manager has bound and passed on.
   * @throws GatewayError when it is no stream socket.
   */
  static async adopt(fd: number, name: string, deps: ListenerDeps): Promise<Listener> {
    const server = createRelayServer();
    const what = `the passed socket ${fd}${name === '' ? '' : ` (${name})`}`;
    const path = await unixPathOf(fd); // before it accepts: a client may be waiting
    await listen(server, { fd, backlog }, what);
    const address = boundAddress(server, path) ?? refuseUnknown(server, what);
    const listener = new Listener(address, undefined, deps);
    listener.#use(server);
    return listener;
  }

  /**
   * Binds the address.
   * @throws GatewayError saying which address and why, when it cannot be had.
   */
  async bind(): Promise<void> {
    const { address } = this;
    if (address.kind === 'unix') await makeRoom(address.path);
    const server = createRelayServer();
    await listen(server, listenOptions(address), formatAddress(address));
    if (address.kind === 'unix' && this.#mode !== undefined) chmodSync(address.path, this.#mode);
    this.#use(server);
  }

  /** `listen-mode` as it is now. */
  configure({ listenMode }: Pick<GatewaySettings, 'listenMode'>): void {
    if (this.address.kind !== 'unix') return;
    if (this.#mode === undefined || this.#mode === listenMode) return;
    this.#mode = listenMode;
    try {
      chmodSync(this.address.path, listenMode);
    } catch (error) {
      this.#warn("a socket's file mode could not be changed", error);
    }
  }

  #use(server: Server): void {
    const accept = (client: Side): void => this.#accept(client);
    this.#sides.serve(server, accept, (error) => this.#acceptFailed(error));
    this.#server = server;
  }

  /** Hands clients to it from now on, first those that came early. */
  serve(acceptor: Acceptor): void {
    this.#acceptor = acceptor;
    const early = this.#early;
    this.#early = [];
    for (const client of early) acceptor.accept(client);
  }

  /** Stops accepting; sessions that came through it go on. Idempotent; `bind` opens it again. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const client of this.#early) client.destroy();
    this.#early = [];
  }

  /** One client is lost; the listener goes on. */
  #acceptFailed(error: Error): void {
    this.#warn('a client could not be accepted', error);
  }

  #warn(message: string, error: unknown): void {
    const fields = { listener: formatAddress(this.address), reason: errorMessage(error) };
    this.#observer({ type: 'notice', level: 'warn', message, fields });
  }

  #accept(client: Side): void {
    if (this.#acceptor) this.#acceptor.accept(client);
    else this.#early.push(client);
  }
}

function createRelayServer(): Server {
  return createServer({
    allowHalfOpen: true,
    pauseOnConnect: true,
    noDelay: true,
    highWaterMark: sinkHighWaterMark,
  });
}

/** Node's types leave the descriptor out. */
type ListenTarget = ListenOptions & { readonly fd?: number };

function listen(server: Server, options: ListenTarget, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindError(what, errorCode(error), error)));
    server.listen(options, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenOptions(address: Address): ListenOptions {
  if (address.kind === 'unix') return { path: address.path, backlog };
  const { host, port } = address;
  return host === '' ? { port, backlog } : { host, port, backlog };
}

/** Undefined: a unix socket without a path. */
function boundAddress(server: Server, path: string | undefined): Address | undefined {
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') {
    return { kind: 'tcp', host: bound.address, port: bound.port };
  }
  return path === undefined ? undefined : { kind: 'unix', path };
}

function refuseUnknown(server: Server, what: string): never {
  server.close();
  throw new GatewayError(`cannot listen on ${what}: it has neither a port nor a path`, {
    ...{ code: 'EADDRNOTAVAIL', side: 'system' },
  });
}

function bindError(what: string, code: string, error?: unknown): GatewayError {
  const why = bindReasons[code] ?? errorMessage(error);
  return new GatewayError(`cannot listen on ${what}: ${why}`, {
    code,
    side: 'system',
    cause: error,
  });
}

const bindReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process (or another listener) has this address',
  EADDRNOTAVAIL: 'this machine has no such address',
  EINVAL: 'it is not a stream socket (in a socket unit write ListenStream=)',
  EACCES: 'permission denied (ports below 1024 and foreign folders need more rights)',
  ENOENT: "the socket's folder does not exist",
  EEXIST: 'a file that is no socket has this path',
  ENOTFOUND: 'its host name does not resolve',
};

/**
 * A socket file that nobody listens on is left over from a killed process. Other files are not ours.
 * @throws GatewayError for what libuv calls by other names: a folder that is missing, a file in the way.
 */
async function makeRoom(path: string): Promise<void> {
  const there = fileAt(path);
  if (!there && !existsSync(dirname(path))) throw bindError(`unix:${path}`, 'ENOENT');
  if (there && !there.isSocket()) throw bindError(`unix:${path}`, 'EEXIST');
  if (!there) return;
  const code = await new Promise<string>((resolve) => {
    const probe = createConnection({ path }, () => {
      probe.destroy();
      resolve('');
    });
    probe.once('error', (error) => resolve(errorCode(error)));
  });
  if (code === 'ECONNREFUSED') unlinkSync(path);
}

function fileAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw bindError(`unix:${path}`, errorCode(error), error);
  }
}
