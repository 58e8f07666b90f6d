import type { Random } from './ports.js';

/**
 * The delay less a random half. Half is what it takes: of a fleet that began in one moment, never
 * more than one and a half times the mean do the same at once after the first round. ("Equal
 * jitter" in Brooker, "Exponential Backoff And Jitter", 2015.)
 */
export function jittered(delayMs: number, random: Random): number {
  return delayMs * (1 - random() / 2);
}
