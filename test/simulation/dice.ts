import type { Random } from '../../src/model/ports.js';

/** Chance that repeats: everything random in a simulated world comes out of one seed. */
export class Dice {
  readonly random: Random;

  constructor(seed: number) {
    this.random = mulberry32(seed);
  }

  /** Further dice, whose throws do not depend on how often these are thrown. */
  fork(): Dice {
    return new Dice(Math.floor(this.random() * 2 ** 32));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.random();
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  pick<const T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** Waits between events that do not know of each other. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.random());
  }
}

/** Tommy Ettinger's generator: 32 bits of state, all of them used. */
function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
