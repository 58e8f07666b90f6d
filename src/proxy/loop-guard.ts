import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';

import { areOneFile } from '../kernel/socket-file.js';
import { boundHosts, isLoopbackHost, isWildcardHost, type Address } from '../model/address.js';
import type { Clock } from '../model/ports.js';
import type { Side, SocketName } from '../model/side.js';
import { withoutZone } from '../model/zones.js';

/** Interfaces come and go, but not between two dials. */
const interfacesAgeMs = 5_000;

/**
 * Knows this process's own addresses, so that nothing in it dials a gateway of this process or its admin
 * server: the first client would multiply until the file descriptors run out, or read what is not for it.
 */
export class LoopGuard {
  readonly #clock: Clock;
  readonly #changed: (listeners: readonly Address[]) => void;
  #listeners: readonly Address[] = [];
  #admin: readonly Address[] = [];
  #ports: ReadonlySet<number> = new Set();
  #local: ReadonlySet<string> = new Set();
  #localAtMs = -Infinity;
  /** Own dials to one of our ports, by their four-tuple; each with what to do about a loop. */
  readonly #dials = new Map<string, () => void>();

  /** Marks on their way, with what to do when one comes in. */
  readonly #marks = new Map<string, () => void>();

  /** `changed` is told of where the gateways listen. */
  constructor(clock: Clock, changed: (listeners: readonly Address[]) => void = () => undefined) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Where the gateways listen, as the system has it. */
  listenersChanged(listeners: readonly Address[]): void {
    this.#listeners = listeners;
    this.#changed(listeners);
    this.#ports = new Set(listeners.flatMap((one) => (one.kind === 'tcp' ? [one.port] : [])));
  }

  /** Where the admin server listens, as the system has it. */
  adminChanged(admin: readonly Address[]): void {
    this.#admin = admin;
  }

  /** Whether a dial to this literal address would be accepted by a gateway or the admin server of this process. */
  isSelf(address: Address): boolean {
    return [this.#listeners, this.#admin].some((own) =>
      own.some((listener) => this.#takes(listener, address)),
    );
  }

  /** Whether a dial goes to one of our ports, wherever that may be. */
  mayBeOwn(address: Address): boolean {
    return address.kind === 'tcp' && this.#ports.has(address.port);
  }

  /** Notes a dial that has connected and may be our own; returns what forgets it. */
  dialed(side: Side, onLoop: () => void): () => void {
    const tuple = tupleOf(side.local(), side.peer());
    this.#dials.set(tuple, onLoop);
    return () => void this.#dials.delete(tuple);
  }

  /** Whether an accepted client is one of our own dials; the dial's side is told. */
  isOwnDial(client: Side): boolean {
    if (this.#dials.size === 0) return false;
    const tuple = tupleOf(client.peer(), client.local());
    const onLoop = this.#dials.get(tuple);
    onLoop?.();
    return onLoop !== undefined;
  }

  /** Looks out for a mark; the function it returns tells whether it has come, and ends the look-out. */
  expect(mark: string, onSeen: () => void): () => boolean {
    let seen = false;
    this.#marks.set(mark, () => {
      seen = true;
      onSeen();
    });
    return () => {
      this.#marks.delete(mark);
      return seen;
    };
  }

  /** Whether a client's first bytes carry one of our marks; whoever sent it is told. */
  carriesMark(bytes: Buffer): boolean {
    for (const [mark, onSeen] of this.#marks) {
      if (!bytes.includes(mark)) continue;
      onSeen();
      return true;
    }
    return false;
  }

  /** Whether it is worth looking at a client's bytes. */
  get expectsMark(): boolean {
    return this.#marks.size > 0;
  }

  #takes(listener: Address, target: Address): boolean {
    if (listener.kind === 'unix' || target.kind === 'unix') {
      if (listener.kind !== 'unix' || target.kind !== 'unix') return false;
      return areOneFile(listener.path, target.path);
    }
    if (listener.port !== target.port) return false;
    const host = reached(target.host);
    return boundHosts(listener.host).some((own) =>
      isWildcardHost(own)
        ? (isIPv4(host) || own !== '0.0.0.0') && this.#isLocal(host)
        : bare(own) === host,
    );
  }

  #isLocal(host: string): boolean {
    if (isLoopbackHost(host)) return true;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#localAtMs > interfacesAgeMs) {
      this.#local = localAddresses();
      this.#localAtMs = nowMs;
    }
    return this.#local.has(host);
  }
}

/** A dial to the wildcard address reaches the loopback interface. */
function reached(host: string): string {
  const own = bare(host);
  if (own === '0.0.0.0') return '127.0.0.1';
  return own === '::' ? '::1' : own;
}

/** One spelling of an address, without its zone; IPv4-mapped IPv6 addresses reach IPv4 listeners. */
function bare(host: string): string {
  if (!isIPv6(host)) return host;
  const { address } = new SocketAddress({ address: withoutZone(host), family: 'ipv6' });
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

function localAddresses(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces());
  return new Set(interfaces.flatMap((all) => (all ?? []).map(({ address }) => bare(address))));
}

function tupleOf(from: SocketName | undefined, to: SocketName | undefined): string {
  return `${bare(from?.host ?? '')} ${from?.port ?? 0} ${to?.port ?? 0}`;
}
