import type { Clock, Timer } from '../model/ports.js';

/**
 * Those who wait for the first members of a pool whose discovery has not answered yet, instead of
 * being refused for want of an endpoint: as after a restart, when clients stand at a listener that
 * was never closed. Nobody waits before `expect`, nor after its time.
 */
export class FirstMembers {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #limit: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get areExpected(): boolean {
    return this.#limit !== undefined;
  }

  /** From now on, for so long. */
  expect(limitMs: number): void {
    this.#limit?.cancel();
    this.#limit = this.#clock.setTimer(limitMs, () => this.conclude());
  }

  /** Calls back once, when they have come or their time is over. Returns what cancels that. */
  wait(proceed: () => void): () => void {
    this.#waiting.add(proceed);
    return () => void this.#waiting.delete(proceed);
  }

  /** They have come, or are expected no longer. Idempotent. */
  conclude(): void {
    this.#limit?.cancel();
    this.#limit = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const proceed of waiting) proceed();
  }

  /** Nobody is called any more. Idempotent. */
  destroy(): void {
    this.#waiting.clear();
    this.conclude();
  }
}
