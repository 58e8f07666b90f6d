import type { Random } from '../../src/model/ports.js';
import { seeded } from '../support/seeded.js';

/** Chance that repeats: everything random in a simulated world comes out of one seed. */
export class Dice {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seeded(seed);
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
