import type { Random } from '../../src/model/ports.js';

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
