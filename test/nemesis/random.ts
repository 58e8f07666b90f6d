import type { Random } from '../../src/model/ports.js';

/**
 * Mulberry32: 32 bits of state, the same numbers from the same seed on every machine.
 * Source: Tommy Ettinger, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform in [low, high]. */
export function integer(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function oneOf<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

/** Fisher and Yates. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}

/** Deals all of `items` in a new order each round, so that none is left out for long. */
export class Deck<T> {
  readonly #random: Random;
  readonly #items: readonly T[];
  #left: T[] = [];

  constructor(random: Random, items: readonly T[]) {
    this.#random = random;
    this.#items = items;
  }

  next(): T {
    if (this.#left.length === 0) this.#left = shuffled(this.#random, this.#items);
    const item = this.#left.pop();
    if (item === undefined) throw new Error('a deck of nothing');
    return item;
  }
}
