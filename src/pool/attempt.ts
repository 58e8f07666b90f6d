import type { Socket } from 'node:net';

import type { Address } from '../model/address.js';
import type { Timer } from '../model/ports.js';
import {
  describeDialError,
  itself,
  timedOut,
  unresolved,
  type DialFailure,
} from './dial-failure.js';
import type { Dialing } from './dialing.js';
import type { Probe, ProbeOutcome, Upstream } from './upstream.js';

/**
 * One upstream dialed for one session, at all its addresses: the next when one has failed or is
 * slow. While the upstream is ejected, one attempt tries it and the others wait for its outcome.
 */
export class Attempt implements Probe {
  readonly upstream: Upstream;
  readonly #dialing: Dialing;
  readonly #open = new Map<Socket, Timer>();
  readonly #waiting = new Set<(outcome: ProbeOutcome) => void>();
  #addresses: Address[] = [];
  #deadline: Timer | undefined;
  #phase: 'dialing' | 'watched' | 'ended' = 'dialing';

  constructor(dialing: Dialing, upstream: Upstream) {
    this.#dialing = dialing;
    this.upstream = upstream;
  }

  start(): void {
    const { probe, state } = this.upstream;
    if (probe) {
      probe.wait(this.#onProbed);
      return;
    }
    if (state.kind === 'ejected' && state.cause === 'dial') this.upstream.probe = this;
    if (this.upstream.isResolving) this.#awaitAddress();
    else this.#begin();
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
    this.#dialing.pool.own(this);
  }

  /** Closes all it has open and tells nobody but those who wait for its outcome. Idempotent. */
  destroy(): void {
    this.#end('abandoned');
  }

  readonly #onResolved = (): void => {
    this.#deadline?.cancel();
    this.#begin();
  };

  readonly #onProbed = (outcome: ProbeOutcome): void => {
    if (this.#phase !== 'dialing') return;
    if (outcome === 'failed') this.#fail(failedForAnother);
    else this.start();
  };

  #awaitAddress(): void {
    const { pool, deps } = this.#dialing;
    this.upstream.whenResolved(this.#onResolved);
    this.#deadline = deps.clock.setTimer(pool.settings.connectTimeoutMs, () => {
      this.#fail(unresolved(this.upstream.resolveError));
    });
  }

  #begin(): void {
    const { isSelf } = this.#dialing.deps;
    const addresses = this.upstream.dialAddresses();
    this.#addresses = addresses.filter((address) => !isSelf(address));
    if (this.dialAnother()) return;
    this.#fail(addresses.length > 0 ? itself : unresolved(this.upstream.resolveError));
  }

  #dial(address: Address): void {
    const { dialer, deps, pool } = this.#dialing;
    const { connectTimeoutMs } = pool.settings;
    const startedMs = deps.clock.nowMs();
    const socket = dialer.connect(address);
    const timer = deps.clock.setTimer(connectTimeoutMs, () => {
      socket.destroy();
      this.#failed(socket, startedMs, timedOut(connectTimeoutMs));
    });
    this.#open.set(socket, timer);
    socket.once('connect', () => this.#connected(socket, startedMs));
    socket.once('error', (error) => this.#failed(socket, startedMs, describeDialError(error)));
  }

  #connected(socket: Socket, startedMs: number): void {
    if (!this.#forget(socket)) return;
    this.#dialing.report(this.upstream, startedMs, undefined);
    socket.removeAllListeners('error');
    const won = this.#phase === 'dialing';
    if (!won) {
      socket.destroy();
      this.#dialing.pool.connected(this.upstream);
    }
    this.#end('connected');
    if (won) this.#dialing.won(this, socket);
  }

  #failed(socket: Socket, startedMs: number, failure: DialFailure): void {
    if (!this.#forget(socket)) return;
    this.#dialing.report(this.upstream, startedMs, failure);
    if (this.dialAnother() || this.#open.size > 0) return;
    this.#fail(failure);
  }

  #fail(failure: DialFailure): void {
    this.#end('failed');
    this.#dialing.lost(this, failure);
  }

  #forget(socket: Socket): boolean {
    this.#open.get(socket)?.cancel();
    return this.#open.delete(socket);
  }

  #end(outcome: ProbeOutcome): void {
    if (this.#phase === 'ended') return;
    if (this.#phase === 'watched') {
      this.upstream.isWatched = false;
      this.#dialing.pool.disown(this);
    }
    this.#phase = 'ended';
    if (!this.upstream.isWatched) this.#dialing.pool.unsuspect(this.upstream, 'slow to connect');
    this.#deadline?.cancel();
    this.upstream.forget(this.#onResolved);
    this.upstream.probe?.forget(this.#onProbed);
    for (const [socket, timer] of this.#open) {
      timer.cancel();
      socket.destroy();
    }
    this.#open.clear();
    if (this.upstream.probe === this) this.upstream.probe = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback(outcome);
  }
}

const failedForAnother: DialFailure = {
  code: 'EPROBE',
  reason: 'it has just failed for another session',
  isLocal: true,
};
