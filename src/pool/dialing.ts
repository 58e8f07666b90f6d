import type { Address } from '../model/address.js';
import type { Observer } from '../model/events.js';
import type { Clock, Timer } from '../model/ports.js';
import type { Side, SideDialer } from '../model/side.js';
import { Attempt, type AttemptOwner } from './attempt.js';
import { itself, type DialFailure } from './dial-failure.js';
import type { Pool } from './pool.js';
import type { EjectionCause, Upstream } from './upstream.js';

export interface DialDeps {
  readonly gateway: string;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Whether a dial would end at a listener of this process. */
  readonly isSelf: (address: Address) => boolean;
  readonly budget: DialBudget;
}

/** What this process can afford beside one dial for each session. */
export interface DialBudget {
  readonly allowsDialBeside: boolean;
  /** Open sockets of dials beside others. */
  dialsBeside: number;
}

/** Who wants an upstream. Exactly one of `dialed` and `dialFailed` is called, once. */
export interface Dialer {
  /** Opens a side; the caller owns it. */
  connect(address: Address, dialer: SideDialer): Side;
  /** The side is connected, and the dialer's now. */
  dialed(upstream: Upstream, side: Side): void;
  /** `tried` is false where there was nothing to dial at all. */
  dialFailed(tried: boolean): void;
}

/** Of those that fail as soon as they are tried, as names without an address do. */
const mostInATurn = 16;

/**
 * Finds one upstream that connects: the picker's choices first, then all others. The next is dialed
 * when one fails, and beside it when it is slow (`dial-stagger`); the first to connect wins.
 * (As RFC 8305 does with addresses.)
 */
export class Dialing implements AttemptOwner {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly isSelf: (address: Address) => boolean;
  readonly #dialer: Dialer;
  readonly #deps: DialDeps;
  readonly #attempts = new Set<Attempt>();
  readonly #tried = new Set<Upstream>();
  #fallbacks: readonly Upstream[] = [];
  #nextFallback = 0;
  #stagger: Timer | undefined;
  /** Attempts that are being started: one that fails at once starts the next. */
  #starting = 0;
  #nextTurn: Timer | undefined;
  /** While there is nothing to dial yet. */
  #stopWaiting: (() => void) | undefined;
  #ended = false;

  constructor(pool: Pool, dialer: Dialer, deps: DialDeps) {
    this.pool = pool;
    this.clock = deps.clock;
    this.isSelf = deps.isSelf;
    this.#dialer = dialer;
    this.#deps = deps;
  }

  /** May call the dialer before it returns. */
  start(): void {
    const first = this.pool.pick() ?? this.#nextUpstream();
    const { firstMembers } = this.pool;
    if (first) this.#dial(first);
    else if (firstMembers.areExpected) this.#stopWaiting = firstMembers.wait(() => this.start());
    else this.#fail();
  }

  /** Nobody waits any more: closes what is open. Idempotent. */
  cancel(): void {
    if (!this.#end()) return;
    for (const attempt of this.#attempts) attempt.destroy();
  }

  connect(address: Address, dialer: SideDialer): Side {
    return this.#dialer.connect(address, dialer);
  }

  countBeside(): (() => void) | undefined {
    let isBeside = false;
    for (const { isOpen } of this.#attempts) isBeside ||= isOpen;
    if (!isBeside) return undefined;
    const { budget } = this.#deps;
    budget.dialsBeside += 1;
    return once(() => (budget.dialsBeside -= 1));
  }

  won(attempt: Attempt, side: Side): void {
    const { upstream } = attempt;
    this.#end();
    this.#attempts.delete(attempt);
    for (const loser of this.#attempts) loser.lose();
    this.#dialer.dialed(upstream, side);
  }

  lost(attempt: Attempt, failure: DialFailure): void {
    const { upstream } = attempt;
    this.#attempts.delete(attempt);
    const { blame, reason } = failure;
    if (blame === 'endpoint') this.pool.eject(upstream, { cause: causeOf(failure), reason });
    else if (blame === 'machine') upstream.fail(reason);
    if (this.#ended) return;
    if (this.#starting < mostInATurn) this.#dialNext();
    else this.#nextTurn = this.clock.setTimer(0, () => this.#dialNext());
  }

  report(upstream: Upstream, startedMs: number, failure: DialFailure | undefined): void {
    const { gateway, clock, observer } = this.#deps;
    const { name } = upstream;
    const durationMs = clock.nowMs() - startedMs;
    if (!failure) {
      observer({ type: 'dial-connected', gateway, ...name, durationMs });
      return;
    }
    upstream.counters.dialFailures += 1;
    const { code, reason, blame } = failure;
    const limit = blame === 'machine' ? reason : undefined;
    observer({ type: 'dial-failed', gateway, ...name, durationMs, reason: code, limit });
  }

  #dial(upstream: Upstream): void {
    this.#tried.add(upstream);
    upstream.dials += 1;
    const attempt = new Attempt(this, upstream);
    this.#attempts.add(attempt);
    this.#restartStagger(attempt);
    this.#starting += 1;
    attempt.start();
    this.#starting -= 1;
  }

  #dialNext(): void {
    if (this.#attempts.size > 0 && !this.#deps.budget.allowsDialBeside) return;
    const next = this.#nextUpstream();
    if (next) this.#dial(next);
    else if (this.#attempts.size === 0) this.#fail();
  }

  /**
   * Whose turn it is, so that those who lost an upstream at once do not all go to the same one. Then
   * those known at the first need, then those that have come since.
   */
  #nextUpstream(): Upstream | undefined {
    const turn = this.#tried.size > 0 ? this.pool.picker.pick() : undefined;
    if (turn && !this.#tried.has(turn)) return turn;
    const known = this.#nextUntried();
    if (known) return known;
    this.#fallbacks = this.pool.picker.fallbacks();
    this.#nextFallback = 0;
    return this.#nextUntried();
  }

  #nextUntried(): Upstream | undefined {
    while (this.#nextFallback < this.#fallbacks.length) {
      const upstream = this.#fallbacks[this.#nextFallback++];
      if (!upstream || this.#tried.has(upstream)) continue;
      if (upstream.takesSessions && !upstream.isFull) return upstream;
    }
    return undefined;
  }

  #restartStagger(slow: Attempt): void {
    this.#stagger?.cancel();
    const { dialStaggerMs } = this.pool.settings;
    if (dialStaggerMs === 0) return;
    this.#stagger = this.clock.setTimer(dialStaggerMs, () => this.#passBy(slow));
  }

  #passBy(slow: Attempt): void {
    if (!slow.isWaiting) this.pool.suspect(slow.upstream, 'slow to connect');
    const { allowsDialBeside } = this.#deps.budget;
    if (!allowsDialBeside) this.#restartStagger(slow);
    else this.#dialNext();
  }

  #fail(): void {
    if (this.#end()) this.#dialer.dialFailed(this.#tried.size > 0);
  }

  /** True the first time. */
  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#stagger?.cancel();
    this.#nextTurn?.cancel();
    this.#stopWaiting?.();
    return true;
  }
}

function once(callback: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) callback();
    isDone = true;
  };
}

/** A dial that is refused fails with ECONNREFUSED. One that is reset was accepted first: to connect proves nothing. */
function causeOf(failure: DialFailure): EjectionCause {
  if (failure === itself) return 'loop';
  return failure.code === 'ECONNRESET' ? 'early-end' : 'dial';
}
