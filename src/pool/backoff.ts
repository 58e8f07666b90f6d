import { jittered } from '../model/jitter.js';
import type { Random } from '../model/ports.js';

/** Wait before the first retry of an ejected upstream. */
export const firstRetryMs = 100;

/**
 * Exponential backoff with jitter: 100 ms doubling up to `longestMs`, less a random half, so that
 * many gateways that lost one member at once do not come back to it at once.
 * `failures` counts from 1.
 */
export function backoffMs(failures: number, longestMs: number, random: Random): number {
  const doublings = Math.min(failures - 1, 30);
  const full = Math.min(firstRetryMs * 2 ** doublings, longestMs);
  return jittered(full, random);
}

/**
 * Failures in a row, counted across returns: an upstream that fails again soon after it came back
 * goes on where its backoff stopped. It has proven itself after being healthy for twice its last
 * wait, at least five seconds.
 */
export function nextFailureCount(before: FailureHistory, healthyForMs: number): number {
  const provenAfterMs = Math.max(5_000, 2 * before.lastWaitMs);
  return healthyForMs >= provenAfterMs ? 1 : before.failures + 1;
}

export interface FailureHistory {
  readonly failures: number;
  readonly lastWaitMs: number;
}
