import { setImmediate as breathe } from 'node:timers/promises';

/** Work on a long list: each `yield` is a place where other work may come between. */
export type Portions<T> = Generator<undefined, T, undefined>;

/** So many small steps take about a millisecond, which nobody who relays notices. */
export const portionSize = 250;

/** Counts small steps, in whichever loops and calls they are taken. */
export class Pace {
  #left = portionSize;

  /** Whether a portion is full with these: a place to breathe. */
  isFull(steps = 1): boolean {
    this.#left -= steps;
    if (this.#left > 0) return false;
    this.#left = portionSize;
    return true;
  }
}

/** Each is two sockets, whose peers hear of it at once: so many take about a millisecond. */
export const closedAtOnce = 25;
/** Until the next portion, where work goes on by a timer. */
export const nextPortionMs = 1;

/** All of it in this turn of the event loop. */
export function atOnce<T>(work: Portions<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** A portion in each turn of the event loop: sessions go on between. Rejects with what `work` throws. */
export async function inTurns<T>(work: Portions<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await breathe();
  }
}

/** The items, with a place to breathe after each portion of them. */
export function* inPortions<T>(items: Iterable<T>, each: (item: T) => void): Portions<void> {
  const pace = new Pace();
  for (const item of items) {
    each(item);
    if (pace.isFull()) yield;
  }
}
