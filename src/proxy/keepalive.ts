import type { Clock, Timer } from '../model/ports.js';

/** Sessions that end before this need no keepalive, and save the system calls. */
const youngMs = 1_000;

export interface LongLived {
  /** Monotonic. */
  readonly startedMs: number;
  /** Makes both sides' TCP ask after their peers when idle this long. */
  keepAlive(idleMs: number): void;
}

/** Turns TCP keepalive on for sessions that last (`keepalive`). One timer, only while some are young. */
export class Keepalive {
  readonly #clock: Clock;
  /** In the order of their start. */
  readonly #young = new Set<LongLived>();
  #idleMs = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For sessions that start from now on; 0: none. */
  configure(idleMs: number): void {
    this.#idleMs = idleMs;
  }

  started(session: LongLived): void {
    if (this.#idleMs === 0) return;
    this.#young.add(session);
    this.#timer ??= this.#schedule();
  }

  ended(session: LongLived): void {
    this.#young.delete(session);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#young.clear();
  }

  #schedule(): Timer {
    return this.#clock.setTimer(youngMs, () => this.#sweep());
  }

  #sweep(): void {
    const oldBeforeMs = this.#clock.nowMs() - youngMs;
    for (const session of this.#young) {
      if (session.startedMs > oldBeforeMs) break;
      this.#young.delete(session);
      session.keepAlive(this.#idleMs);
    }
    this.#timer = this.#young.size > 0 ? this.#schedule() : undefined;
  }
}
