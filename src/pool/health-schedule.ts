import type { Random } from '../model/ports.js';

/**
 * When each upstream is checked: on a grid of its own, so that checks spread over the interval and
 * stay spread however long they run. Pure.
 */
export interface Beat {
  /** Where in the interval this upstream's checks lie: 0 to below 1. */
  readonly phase: number;
}

/**
 * The phase of the `index`th upstream. Steps of the golden ratio leave even gaps at every count, so
 * upstreams can come and go without any two falling into step.
 */
export function beatOf(index: number, origin: number): Beat {
  return { phase: (origin + index * goldenRatio) % 1 };
}

/** Time until the next check: the grid's next point at least half an interval away, give or take. */
export function delayToBeat(beat: Beat, nowMs: number, intervalMs: number, random: Random): number {
  const sinceGridMs = positive(nowMs - beat.phase * intervalMs, intervalMs);
  const toGridMs = intervalMs - sinceGridMs;
  const delayMs = toGridMs < intervalMs / 2 ? toGridMs + intervalMs : toGridMs;
  return delayMs + jitterRatio * intervalMs * (2 * random() - 1);
}

/** Time until the first check: within one interval, at the upstream's own phase. */
export function delayToFirst(beat: Beat, intervalMs: number): number {
  return beat.phase * intervalMs;
}

/** Who is woken by an ejection wants to know soon. */
const soonMs = 2_000;

/**
 * Time until a check that is made beside the grid: soon, but spread over so much that a fleet which
 * sees one of three members die checks no more than twice as often as usual, at the default interval.
 */
export function delayToExtra(intervalMs: number, random: Random): number {
  return Math.min(intervalMs / 2, soonMs) * random();
}

const goldenRatio = 0.618_033_988_749_895;
const jitterRatio = 0.05;

function positive(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
