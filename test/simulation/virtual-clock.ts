import type { Clock, Timer } from '../../src/model/ports.js';

interface Entry {
  readonly dueMs: number;
  /** Timers of one moment are called in the order in which they were set. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Some morning: what the wall clock shows means nothing to the code under test. */
const startedAtMs = Date.UTC(2030, 0, 1);

/** Virtual time: it stands still while code runs and jumps from one timer to the next. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #set = 0;
  #pending = 0;
  #fired = 0;
  readonly #heap: Entry[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return startedAtMs + this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new RangeError('a timer has no delay');
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const entry: Entry = { dueMs, order: this.#set++, callback };
    this.#pending += 1;
    push(this.#heap, entry);
    return { cancel: () => this.#cancel(entry) };
  }

  /** Timers that are set and neither called nor cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** Timers called so far. */
  get fired(): number {
    return this.#fired;
  }

  /**
   * Lets time pass up to `untilMs`; `step` is awaited after each moment in which something was due.
   * Moments that lie within `grainMs` count as one.
   */
  async run(untilMs: number, step: () => Promise<void>, grainMs = 0): Promise<void> {
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      const lastMs = Math.min(untilMs, next.dueMs + grainMs);
      for (let due: Entry | undefined = next; due; due = this.#next(lastMs)) this.#fire(due);
      await step();
    }
    this.#nowMs = untilMs;
  }

  #fire(entry: Entry): void {
    pop(this.#heap);
    const { callback } = entry;
    this.#nowMs = Math.max(this.#nowMs, entry.dueMs);
    this.#cancel(entry);
    this.#fired += 1;
    callback?.();
  }

  #cancel(entry: Entry): void {
    if (!entry.callback) return;
    entry.callback = undefined;
    this.#pending -= 1;
  }

  /** The earliest that is due by then, left where it is. */
  #next(byMs: number): Entry | undefined {
    for (let first = this.#heap[0]; first; first = this.#heap[0]) {
      if (first.callback) return first.dueMs <= byMs ? first : undefined;
      pop(this.#heap);
    }
    return undefined;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** A binary heap, the earliest on top. */
function push(heap: Entry[], entry: Entry): void {
  let place = heap.length;
  heap.push(entry);
  while (place > 0) {
    const up = (place - 1) >> 1;
    const parent = heap[up];
    if (!parent || !isBefore(entry, parent)) break;
    heap[place] = parent;
    place = up;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const below = earlierBelow(heap, place);
    const child = heap[below];
    if (!child || !isBefore(child, last)) break;
    heap[place] = child;
    place = below;
  }
  heap[place] = last;
}

/** The place of the earlier child; outside the heap where there is none. */
function earlierBelow(heap: readonly Entry[], parent: number): number {
  const place = 2 * parent + 1;
  const left = heap[place];
  const right = heap[place + 1];
  return left && right && isBefore(right, left) ? place + 1 : place;
}
