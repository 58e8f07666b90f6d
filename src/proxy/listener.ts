import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import { SocketFile } from '../kernel/socket-file.js';
import { formatAddress, type Address } from '../model/address.js';
import { errorCode, errorMessage, GatewayError, zoneReason } from '../model/errors.js';
import type { GatewaySettings } from '../model/config.js';
import type { Observer } from '../model/events.js';
import type { Clock } from '../model/ports.js';
import type { BoundSocket, Side, Sides, SocketAcceptor } from '../model/side.js';

/** Whom a listener hands its clients to. */
export interface Acceptor {
  /** Nothing has been read from the client, and nobody owns it yet. */
  accept(client: Side): void;
}

/** What a listener needs to know of its gateway. */
export type ListenerSettings = Pick<
  GatewaySettings,
  'listenMode' | 'freebind' | 'keepaliveMs' | 'userTimeoutMs'
>;

export interface ListenerDeps {
  readonly observer: Observer;
  readonly sides: Sides;
}

/** A bound front address. Its acceptor can change; its address cannot. */
export class Listener {
  readonly address: Address;
  /** Undefined: it was passed on, and its socket's file is not ours to change. */
  #settings: ListenerSettings | undefined;
  readonly #observer: Observer;
  readonly #sides: Sides;
  #socket: BoundSocket | undefined;
  #acceptor: Acceptor | undefined;
  /** Of a unix socket that was bound here. */
  #file: SocketFile | undefined;
  /** Accepted before the acceptor was known. */
  #early: Side[] = [];

  constructor(
    address: Address,
    settings: ListenerSettings | undefined,
    { observer, sides }: ListenerDeps,
  ) {
    this.address = address;
    this.#settings = settings;
    this.#observer = observer;
    this.#sides = sides;
  }

  /**
   * A listener on a socket that a service manager has bound and passed on.
   * @throws GatewayError when it is no stream socket.
   */
  static async adopt(fd: number, name: string, deps: ListenerDeps): Promise<Listener> {
    const what = `the passed socket ${fd}${name === '' ? '' : ` (${name})`}`;
    const early: (Side | Error)[] = [];
    let take = (client: Side | Error): unknown => early.push(client);
    const acceptor: SocketAcceptor = {
      accepted: (client) => take(client),
      failed: (error) => take(error),
    };
    const socket = await deps.sides.adopt(fd, acceptor).catch((error: unknown) => {
      throw adoptError(what, error);
    });
    const listener = new Listener(socket.address, undefined, deps);
    listener.#socket = socket;
    take = (client) =>
      client instanceof Error ? listener.#acceptFailed(client) : listener.#accept(client);
    early.forEach(take);
    return listener;
  }

  /**
   * Binds the address.
   * @throws GatewayError saying which address and why, when it cannot be had.
   */
  bind(): Promise<void> {
    return this.#sides.attend(this.#bind());
  }

  async #bind(): Promise<void> {
    const { address } = this;
    const { freebind = false, keepaliveMs = 0, userTimeoutMs = 0 } = this.#settings ?? {};
    const acceptor: SocketAcceptor = {
      accepted: (client) => this.#accept(client),
      failed: (error) => this.#acceptFailed(error),
    };
    const options = { freebind, keepaliveMs, userTimeoutMs };
    const listen = async (at: Address): Promise<void> => {
      this.#socket = await this.#sides.listen(at, options, acceptor);
    };
    try {
      if (address.kind === 'tcp') await listen(await literal(address));
      else this.#file = await this.#place(address.path, listen);
    } catch (error) {
      this.close();
      throw bindError(formatAddress(address), errorCode(error), error);
    }
  }

  #place(path: string, listen: (at: Address) => Promise<void>): Promise<SocketFile> {
    const mode = this.#settings?.listenMode ?? ownerOnly;
    return SocketFile.place(path, mode, (hidden) => listen({ kind: 'unix', path: hidden }));
  }

  /** Its address is its own from now on: what a killed process had left there is gone for good. */
  keep(): void {
    this.#file?.keep();
  }

  /** Why no client finds its socket's file any more; undefined: all is well, or it has none. */
  get whyLost(): string | undefined {
    return this.#file?.whyLost;
  }

  /** Where it listens, as the system has it: a name is an address here. */
  get bound(): Address {
    return this.address.kind === 'tcp' && this.#socket ? this.#socket.address : this.address;
  }

  /** Whether this path leads to its socket's file, as another name of the same folder may. */
  isAt(path: string): boolean {
    return this.#file?.isAt(path) ?? false;
  }

  /** Calls once, soon after its socket's file was removed or replaced, until it is closed. */
  watch(clock: Clock, lost: (reason: string) => void): void {
    this.#file?.watch(clock, lost);
  }

  /** The settings as they are now, for clients that come from now on. */
  configure(settings: ListenerSettings): void {
    const { keepaliveMs, userTimeoutMs, listenMode } = settings;
    this.#socket?.configure({ keepaliveMs, userTimeoutMs });
    const before = this.#settings?.listenMode;
    if (before === undefined) return;
    this.#settings = settings;
    if (before === listenMode) return;
    this.#try("a socket's file mode could not be changed", () => this.#file?.setMode(listenMode));
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
    const file = this.#file;
    this.#file = undefined;
    this.#try("a socket's file could not be removed", () => file?.remove());
    this.#socket?.close();
    this.#socket = undefined;
    for (const client of this.#early) client.destroy();
    this.#early = [];
  }

  #try(otherwise: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#warn(otherwise, error);
    }
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

/** The first address of a host name, IPv4 before IPv6. */
async function literal(address: Address): Promise<Address> {
  if (address.kind === 'unix' || address.host === '' || isIP(address.host) !== 0) return address;
  return { ...address, host: (await lookup(address.host, { verbatim: false })).address };
}

function adoptError(what: string, error: unknown): GatewayError {
  const code = errorCode(error);
  if (code !== 'EADDRNOTAVAIL') return bindError(what, code, error);
  return new GatewayError(`cannot listen on ${what}: it has neither a port nor a path`, {
    code,
    side: 'system',
  });
}

function bindError(what: string, code: string, error: unknown): GatewayError {
  const why = zoneReason(error) ?? bindReasons[code] ?? errorMessage(error);
  const message = `cannot listen on ${what}: ${why}`;
  return new GatewayError(message, { code, side: 'system', cause: error });
}

/** Of a unix socket whose mode nobody has set. */
const ownerOnly = 0o600;

const noStreamSocket = 'it is not a stream socket (in a socket unit write ListenStream=)';

const bindReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process (or another listener) has this address',
  EADDRNOTAVAIL: 'this machine has no such address',
  EINVAL: noStreamSocket,
  ENOTSOCK: noStreamSocket,
  EOPNOTSUPP: noStreamSocket,
  EACCES: 'permission denied (ports below 1024 and foreign folders need more rights)',
  ENOENT: "the socket's folder does not exist",
  EEXIST: 'a file that is no socket has this path',
  ENOTFOUND: 'its host name does not resolve',
};
