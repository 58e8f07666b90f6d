import type { Timer } from '../model/ports.js';

/** Timers in a binary heap by when they are due: each begins and ends in logarithmic time. */
export class Timers {
  readonly #heap: HeapTimer[] = [];
  #started = 0;

  /** When the next one is due; undefined: there is none. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.dueMs;
  }

  start(dueMs: number, callback: () => void): Timer {
    const timer = new HeapTimer(this, dueMs, this.#started++, callback);
    this.#place(timer, this.#heap.length);
    this.#rise(timer);
    return timer;
  }

  /** Runs what is due by now, in order; not what is begun meanwhile. */
  run(nowMs: number): void {
    const before = this.#started;
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.dueMs > nowMs || first.order >= before) return;
      this.remove(first);
      first.callback();
    }
  }

  /** Only for its timers. */
  remove(timer: HeapTimer): void {
    const { place } = timer;
    if (place < 0) return;
    timer.place = -1;
    const last = this.#heap.pop();
    if (!last || last === timer) return;
    this.#place(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(timer: HeapTimer): void {
    while (timer.place > 0) {
      const above = this.#heap[(timer.place - 1) >> 1];
      if (!above || !isBefore(timer, above)) return;
      this.#swap(timer, above);
    }
  }

  #sink(timer: HeapTimer): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1];
      const right = this.#heap[2 * timer.place + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || !isBefore(child, timer)) return;
      this.#swap(child, timer);
    }
  }

  #swap(a: HeapTimer, b: HeapTimer): void {
    const { place } = a;
    this.#place(a, b.place);
    this.#place(b, place);
  }

  #place(timer: HeapTimer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}

class HeapTimer implements Timer {
  /** In the heap; -1: not in it. */
  place = -1;
  readonly dueMs: number;
  /** Of two that are due together the one that was begun first comes first. */
  readonly order: number;
  readonly callback: () => void;
  readonly #timers: Timers;

  constructor(timers: Timers, dueMs: number, order: number, callback: () => void) {
    this.#timers = timers;
    this.dueMs = dueMs;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    this.#timers.remove(this);
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
