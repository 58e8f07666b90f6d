/** `abandoned`: its own session has left, nothing is known. */
export type ProbeOutcome = 'connected' | 'failed' | 'abandoned';

/** A session's attempt that dials only when another one's dial has shown what has become of its upstream. */
export interface Waiter {
  /** Stands in this line from now on. */
  waitIn(line: WaitingLine): void;
  /**
   * It stands in the line no more; if it dials now, it calls the next one when that has ended. What
   * was dialed at `dialedAtMs`, monotonic, says nothing about a later moment when it has failed.
   */
  called(line: WaitingLine, outcome: ProbeOutcome, dialedAtMs: number): void;
}

/** Those who wait for one upstream, first come first served. */
export class WaitingLine {
  readonly #waiting = new Set<Waiter>();

  add(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** Calls the first `count`, or all of them, as nothing is to be had, when it has failed. */
  call(count: number, outcome: ProbeOutcome, dialedAtMs: number): void {
    const called = [...this.#waiting].slice(0, outcome === 'failed' ? Infinity : count);
    for (const waiter of called) this.#waiting.delete(waiter);
    for (const waiter of called) waiter.called(this, outcome, dialedAtMs);
  }

  /** All of them stand in another line from now on. */
  moveTo(other: WaitingLine): void {
    if (other === this) return;
    const moved = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of moved) waiter.waitIn(other);
  }
}
