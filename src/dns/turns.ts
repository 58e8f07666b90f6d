import type { Clock, Timer } from '../model/ports.js';

/** So many tasks take about a millisecond: each can open a socket, or tell of a failure. */
const mostInTurn = 8;

/**
 * Spreads what falls due in one moment: a few tasks run in each turn of the event loop, the others
 * wait for the next ones. Has a timer only while somebody waits.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs the task once, never from inside; what is returned takes it back. */
  take(task: () => void): () => void {
    this.#waiting.add(task);
    this.#timer ??= this.#clock.setTimer(0, () => this.#next());
    return () => this.#leave(task);
  }

  #leave(task: () => void): void {
    this.#waiting.delete(task);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #next(): void {
    this.#timer = undefined;
    for (const task of [...this.#waiting].slice(0, mostInTurn)) {
      if (this.#waiting.delete(task)) task();
    }
    if (this.#waiting.size > 0) this.#timer ??= this.#clock.setTimer(0, () => this.#next());
  }
}
