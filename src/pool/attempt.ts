import type { Address } from '../model/address.js';
import type { Clock, Timer } from '../model/ports.js';
import type { Side, SideDialer } from '../model/side.js';
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
import type { Probe, Upstream } from './upstream.js';
import { WaitingLine, type ProbeOutcome, type Waiter } from './waiting-line.js';

/** The dialing that an attempt belongs to, and tells how it went. */
export interface AttemptOwner {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Whether a dial would end at a listener of this process. */
  readonly isSelf: (address: Address) => boolean;
  connect(address: Address, dialer: SideDialer): Side;
  /** Counts a dial that begins beside others; returns what to call when it is one no more. */
  countBeside(): (() => void) | undefined;
  /** How one dial has ended; no failure: it has connected. */
  report(upstream: Upstream, startedMs: number, failure: DialFailure | undefined): void;
  /** It has connected; the side is the owner's now. */
  won(attempt: Attempt, side: Side): void;
  /** It cannot be connected. */
  lost(attempt: Attempt, failure: DialFailure): void;
}

/**
 * So many of those who have waited for an upstream dial it at once when it is back: all of them would
 * not fit into its accept queue.
 */
const mostAtOnce = 32;

/**
 * One upstream dialed for one session. While the upstream is ejected, one attempt tries it and the others wait for its outcome.
 */
export class Attempt implements Probe, Waiter {
  readonly upstream: Upstream;
  readonly #owner: AttemptOwner;
  #open: Dial | undefined;
  /** Those who wait for its outcome, once there are any. */
  #line: WaitingLine | undefined;
  /** Where it waits itself. */
  #waitsIn: WaitingLine | undefined;
  /** Since when it has waited, in one line or another. */
  #waitsSinceMs: number | undefined;
  /** When it was dialed; without one it never failed for that moment only. */
  #dialedAtMs = Infinity;
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
      this.#line?.moveTo(probe.line);
      this.waitIn(probe.line);
      return;
    }
    if (state.kind === 'ejected' && state.cause === 'dial') this.#becomeProbe();
    if (this.upstream.isResolving) this.#awaitAddress();
    else this.#begin();
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  get line(): WaitingLine {
    return (this.#line ??= new WaitingLine());
  }

  waitIn(line: WaitingLine): void {
    this.#waitsIn = line;
    this.#waitsSinceMs ??= this.#owner.clock.nowMs();
    line.add(this);
  }

  called(line: WaitingLine, outcome: ProbeOutcome, dialedAtMs: number): void {
    this.#waitsIn = undefined;
    const hasFailed = outcome === 'failed';
    if (hasFailed && (this.#waitsSinceMs ?? 0) <= dialedAtMs) {
      this.#fail(failedForAnother);
      return;
    }
    if (!hasFailed) this.#line = line;
    this.start(); // also when it has come since that dial began: the upstream may have, too
  }

  /** Whether it dials nothing yet, for another one does. */
  get isWaiting(): boolean {
    return this.#waitsIn !== undefined;
  }

  /** Another has won: its outcome still tells about its upstream, so one at a time is watched. */
  lose(): void {
    if (!this.#open || this.upstream.isWatched) {
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

  #becomeProbe(): void {
    this.upstream.probe = this;
    this.upstream.retrying?.abort();
  }

  #awaitAddress(): void {
    const { pool, clock } = this.#owner;
    this.upstream.whenResolved(this.#onResolved);
    this.#deadline = clock.setTimer(pool.settings.connectTimeoutMs, () => {
      this.#fail(unresolved(this.upstream.resolveError));
    });
  }

  #begin(): void {
    const { address } = this.upstream;
    if (!address) this.#fail(unresolved(this.upstream.resolveError));
    else if (this.#owner.isSelf(address)) this.#fail(itself);
    else this.#dial(address);
  }

  #dial(address: Address): void {
    const dial = new Dial(this, this.#owner.countBeside(), this.#owner.clock);
    this.#open = dial;
    this.#dialedAtMs = dial.startedMs;
    dial.start(this.#owner, address);
  }

  /** Only for its dials. */
  connected(dial: Dial, side: Side): void {
    if (!this.#forget(dial)) return;
    this.#owner.report(this.upstream, dial.startedMs, undefined);
    this.#owner.pool.connected(this.upstream); // before the waiting ones look at its state
    if (this.#phase === 'dialing') this.#owner.won(this, side);
    else side.destroy();
    this.#end('connected');
  }

  /** Only for its dials. */
  failed(dial: Dial, failure: DialFailure): void {
    if (!this.#forget(dial)) return;
    this.#owner.report(this.upstream, dial.startedMs, failure);
    this.#fail(failure);
  }

  #fail(failure: DialFailure): void {
    this.#end('failed');
    this.#owner.lost(this, failure);
  }

  #forget(dial: Dial): boolean {
    if (this.#open !== dial) return false;
    this.#open = undefined;
    dial.release();
    return true;
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
    this.#waitsIn?.forget(this);
    this.#waitsIn = undefined;
    this.#open?.destroy();
    this.#open = undefined;
    const wasProbe = this.upstream.probe === this;
    if (wasProbe) this.upstream.probe = undefined;
    this.upstream.dials -= 1;
    this.#owner.pool.left(this.upstream);
    this.#line?.call(wasProbe ? mostAtOnce : 1, outcome, this.#dialedAtMs);
  }
}

/** Its address dialed. */
class Dial implements SideDialer {
  readonly startedMs: number;
  readonly #attempt: Attempt;
  readonly #leaveBeside: (() => void) | undefined;
  #side: Side | undefined;
  #timer: Timer | undefined;

  constructor(attempt: Attempt, leaveBeside: (() => void) | undefined, clock: Clock) {
    this.#attempt = attempt;
    this.#leaveBeside = leaveBeside;
    this.startedMs = clock.nowMs();
  }

  start(owner: AttemptOwner, address: Address): void {
    const { connectTimeoutMs } = owner.pool.settings;
    this.#side = owner.connect(address, this);
    this.#timer = owner.clock.setTimer(connectTimeoutMs, () => {
      this.destroy();
      this.#attempt.failed(this, timedOut(connectTimeoutMs));
    });
  }

  connected(side: Side): void {
    this.#attempt.connected(this, side);
  }

  failed(_side: Side, error: Error): void {
    this.#attempt.failed(this, describeDialError(error));
  }

  /** It is under way no more. Idempotent. */
  release(): void {
    this.#timer?.cancel();
    this.#leaveBeside?.();
  }

  destroy(): void {
    this.release();
    this.#side?.destroy();
  }
}
