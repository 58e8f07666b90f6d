import type { Socket } from 'node:net';

import type { Address } from '../model/address.js';
import type { Clock, Timer } from '../model/ports.js';
import {
  describeDialError,
  failedForAnother,
  gone,
  itself,
  leadsBack,
  timedOut,
  unresolved,
  type DialFailure,
} from './dial-failure.js';
import type { Pool } from './pool.js';
import type { Probe, ProbeOutcome, Upstream } from './upstream.js';

/** The dialing that an attempt belongs to, and tells how it went. */
export interface AttemptOwner {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Whether a dial would end at a listener of this process. */
  readonly isSelf: (address: Address) => boolean;
  connect(address: Address): Socket;
  /** How one dial has ended; no failure: it has connected. */
  report(upstream: Upstream, startedMs: number, failure: DialFailure | undefined): void;
  /** It has connected; the socket has no listeners of the attempt left. */
  won(attempt: Attempt, socket: Socket): void;
  /** All its addresses have failed. */
  lost(attempt: Attempt, failure: DialFailure): void;
}

/**
 * One upstream dialed for one session, at all its addresses: the next when one has failed or is
 * slow. While the upstream is ejected, one attempt tries it and the others wait for its outcome.
 */
export class Attempt implements Probe {
  readonly upstream: Upstream;
  readonly #owner: AttemptOwner;
  readonly #open = new Map<Socket, Timer>();
  readonly #waiting = new Set<(outcome: ProbeOutcome) => void>();
  #addresses: Address[] = [];
  #deadline: Timer | undefined;
  #phase: 'dialing' | 'watched' | 'ended' = 'dialing';

  constructor(owner: AttemptOwner, upstream: Upstream) {
    this.#owner = owner;
    this.upstream = upstream;
  }

  start(): void {
    const { probe, state } = this.upstream;
    if (!this.upstream.takesSessions) {
      this.#fail(gone);
      return;
    }
    if (state.kind === 'ejected' && state.cause === 'loop') {
      this.#fail(leadsBack);
      return;
    }
    if (probe) {
      probe.wait(this.#onProbed);
      return;
    }
    if (state.kind === 'ejected' && state.cause === 'dial') this.upstream.probe = this;
    if (this.upstream.isResolving) this.#awaitAddress();
    else this.#begin();
  }

  get openDials(): number {
    return this.#open.size;
  }

  wait(callback: (outcome: ProbeOutcome) => void): void {
    this.#waiting.add(callback);
  }

  forget(callback: (outcome: ProbeOutcome) => void): void {
    this.#waiting.delete(callback);
  }

  /** Dials the next address beside those under way; false where there is none. */
  dialAnother(): boolean {
    const address = this.#addresses.shift();
    if (!address || this.#phase !== 'dialing') return false;
    this.#dial(address);
    return true;
  }

  /** Another has won: its outcome still tells about its upstream, so one at a time is watched. */
  lose(): void {
    if (this.#open.size === 0 || this.upstream.isWatched) {
      this.destroy();
      return;
    }
    this.#phase = 'watched';
    this.upstream.isWatched = true;
    this.#owner.pool.own(this);
  }

  /** Closes all it has open and tells nobody but those who wait for its outcome. Idempotent. */
  destroy(): void {
    this.#end('abandoned');
  }

  readonly #onResolved = (): void => {
    this.#deadline?.cancel();
    if (this.upstream.takesSessions) this.#begin();
    else this.#fail(gone);
  };

  readonly #onProbed = (outcome: ProbeOutcome): void => {
    if (this.#phase !== 'dialing') return;
    if (outcome === 'failed') this.#fail(failedForAnother);
    else this.start();
  };

  #awaitAddress(): void {
    const { pool, clock } = this.#owner;
    this.upstream.whenResolved(this.#onResolved);
    this.#deadline = clock.setTimer(pool.settings.connectTimeoutMs, () => {
      this.#fail(unresolved(this.upstream.resolveError));
    });
  }

  #begin(): void {
    const { isSelf } = this.#owner;
    const addresses = this.upstream.dialAddresses();
    this.#addresses = addresses.filter((address) => !isSelf(address));
    if (this.dialAnother()) return;
    this.#fail(addresses.length > 0 ? itself : unresolved(this.upstream.resolveError));
  }

  #dial(address: Address): void {
    const { clock, pool } = this.#owner;
    const { connectTimeoutMs } = pool.settings;
    const startedMs = clock.nowMs();
    const socket = this.#owner.connect(address);
    const timer = clock.setTimer(connectTimeoutMs, () => {
      socket.destroy();
      this.#failed(socket, startedMs, timedOut(connectTimeoutMs));
    });
    this.#open.set(socket, timer);
    socket.once('connect', () => this.#connected(socket, startedMs));
    socket.once('error', (error) => this.#failed(socket, startedMs, describeDialError(error)));
  }

  #connected(socket: Socket, startedMs: number): void {
    if (!this.#forget(socket)) return;
    this.#owner.report(this.upstream, startedMs, undefined);
    socket.removeAllListeners('error');
    this.#owner.pool.connected(this.upstream); // before the waiting ones look at its state
    if (this.#phase === 'dialing') this.#owner.won(this, socket);
    else socket.destroy();
    this.#end('connected');
  }

  #failed(socket: Socket, startedMs: number, failure: DialFailure): void {
    if (!this.#forget(socket)) return;
    this.#owner.report(this.upstream, startedMs, failure);
    if (this.dialAnother() || this.#open.size > 0) return;
    this.#fail(failure);
  }

  #fail(failure: DialFailure): void {
    this.#end('failed');
    this.#owner.lost(this, failure);
  }

  #forget(socket: Socket): boolean {
    this.#open.get(socket)?.cancel();
    return this.#open.delete(socket);
  }

  #end(outcome: ProbeOutcome): void {
    if (this.#phase === 'ended') return;
    if (this.#phase === 'watched') {
      this.upstream.isWatched = false;
      this.#owner.pool.disown(this);
    }
    this.#phase = 'ended';
    if (!this.upstream.isWatched) this.#owner.pool.unsuspect(this.upstream, 'slow to connect');
    this.#deadline?.cancel();
    this.upstream.forget(this.#onResolved);
    this.upstream.probe?.forget(this.#onProbed);
    for (const [socket, timer] of this.#open) {
      timer.cancel();
      socket.destroy();
    }
    this.#open.clear();
    if (this.upstream.probe === this) this.upstream.probe = undefined;
    this.upstream.dials -= 1;
    this.#owner.pool.left(this.upstream);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback(outcome);
  }
}
