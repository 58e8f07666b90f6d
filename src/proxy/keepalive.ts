import { nextPortionMs } from '../model/portions.js';
import type { Clock, Timer } from '../model/ports.js';

/** Sessions that end before this need no keepalive, and save the system calls. */
const youngMs = 1_000;

/** Two sides with two system calls each: so many take about a millisecond, in which nobody relays. */
const mostAtOnce = 100;

export interface LongLived {
  /** Monotonic. */
  readonly startedMs: number;
  /** Makes both sides' TCP ask after their peers when idle this long. */
  keepAlive(idleMs: number): void;
}

/**
 * Turns TCP keepalive on for sessions that last (`keepalive`). One timer, only while some are young.
 * Thousands that came together get theirs in portions: the relay goes on between.
 */
export class Keepalive {
  readonly #clock: Clock;
  /** In the order of their start. */
  readonly #young = new Set<LongLived>();
  #idleMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For sessions that have not got it yet; 0: for none. */
  configure(idleMs: number): void {
    this.#idleMs = idleMs;
    if (idleMs === 0) this.#young.clear();
  }

  started(session: LongLived): void {
    if (this.#idleMs === 0) return;
    this.#young.add(session);
    this.#timer ??= this.#schedule(youngMs);
  }

  ended(session: LongLived): void {
    this.#young.delete(session);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#young.clear();
  }

  #schedule(delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => this.#sweep());
  }

  #sweep(): void {
    const oldBeforeMs = this.#clock.nowMs() - youngMs;
    let left = mostAtOnce;
    for (const session of this.#young) {
      if (session.startedMs > oldBeforeMs || left === 0) break;
      this.#young.delete(session);
      session.keepAlive(this.#idleMs);
      left -= 1;
    }
    const delayMs = left === 0 ? nextPortionMs : youngMs;
    this.#timer = this.#young.size > 0 ? this.#schedule(delayMs) : undefined;
  }
}
