import { networkInterfaces } from 'node:os';

import { isLoopbackHost, isWildcardHost, type Address } from '../model/address.js';
import type { Clock } from '../model/ports.js';
import type { Side, SocketName } from '../model/side.js';

/** Interfaces come and go, but not between two dials. */
const interfacesAgeMs = 5_000;

/**
 * Knows this process's own front addresses, so that no gateway dials itself or another gateway of
 * this process: the first client would multiply until the file descriptors run out.
 */
export class LoopGuard {
  readonly #clock: Clock;
  #listeners: readonly Address[] = [];
  #ports: ReadonlySet<number> = new Set();
  #local: ReadonlySet<string> = new Set();
  #localAtMs = -Infinity;
  /** Own dials to one of our ports, by their four-tuple; each with what to do about a loop. */
  readonly #dials = new Map<string, () => void>();

  /** Marks on their way, with what to do when one comes in. */
  readonly #marks = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listenersChanged(listeners: readonly Address[]): void {
    this.#listeners = listeners;
    this.#ports = new Set(listeners.flatMap((one) => (one.kind === 'tcp' ? [one.port] : [])));
  }

  /** Whether a dial to this literal address would be accepted by a listener of this process. */
  isSelf(address: Address): boolean {
    if (address.kind === 'tcp' && !this.#ports.has(address.port)) return false;
    return this.#listeners.some((listener) => this.#takes(listener, address));
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
      return listener.kind === 'unix' && target.kind === 'unix' && listener.path === target.path;
    }
    if (listener.port !== target.port) return false;
    const host = bare(target.host);
    return isWildcardHost(listener.host) ? this.#isLocal(host) : sameHost(listener.host, host);
  }

  #isLocal(host: string): boolean {
    if (isLoopbackHost(host) || isWildcardHost(host)) return true;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#localAtMs > interfacesAgeMs) {
      this.#local = localAddresses();
      this.#localAtMs = nowMs;
    }
    return this.#local.has(host);
  }
}

function sameHost(listener: string, host: string): boolean {
  return (
    listener === host || (listener === 'localhost' && (host === '127.0.0.1' || host === '::1'))
  );
}

/** IPv4-mapped IPv6 addresses reach IPv4 listeners. */
function bare(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/i, '');
}

function localAddresses(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces());
  return new Set(interfaces.flatMap((all) => (all ?? []).map(({ address }) => address)));
}

function tupleOf(from: SocketName | undefined, to: SocketName | undefined): string {
  return `${bare(from?.host ?? '')} ${from?.port ?? 0} ${to?.port ?? 0}`;
}
