import type { Clock, Timer } from '../../src/model/ports.js';

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #pending = new Set<Pending>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending = { dueMs: this.#nowMs + delayMs, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Time until each timer that is set, soonest first. */
  get delaysMs(): readonly number[] {
    return [...this.#pending].map(({ dueMs }) => dueMs - this.#nowMs).sort((x, y) => x - y);
  }

  /** Calls what falls due on the way, in order of time, also what is set meanwhile. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#nextDue(endMs); next; next = this.#nextDue(endMs)) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #nextDue(endMs: number): Pending | undefined {
    const due = [...this.#pending].filter(({ dueMs }) => dueMs <= endMs);
    return due.sort((x, y) => x.dueMs - y.dueMs)[0];
  }
}
