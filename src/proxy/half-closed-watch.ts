import type { Clock, Timer } from '../model/ports.js';

/** A session of which one side has sent its end. */
export interface HalfClosed {
  /** Looks whether that side has been reset since; if so, the session ends. */
  probeEnded(): void;
}

/** Long enough to cost nothing, short enough for the other side to wait. */
const periodMs = 1_000;

/**
 * Finds out about sides that are reset after their end: nobody reads from them any more, so the
 * kernel tells nobody. One timer for all, only while there are any.
 */
export class HalfClosedWatch {
  readonly #clock: Clock;
  readonly #sessions = new Set<HalfClosed>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(session: HalfClosed): void {
    this.#sessions.add(session);
    this.#timer ??= this.#schedule();
  }

  delete(session: HalfClosed): void {
    this.#sessions.delete(session);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#sessions.clear();
  }

  #schedule(): Timer {
    return this.#clock.setTimer(periodMs, () => {
      for (const session of [...this.#sessions]) session.probeEnded();
      this.#timer = this.#sessions.size > 0 ? this.#schedule() : undefined;
    });
  }
}
