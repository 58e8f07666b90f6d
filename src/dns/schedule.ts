import type { DnsSettings } from '../model/config.js';
import { jittered } from '../model/jitter.js';
import type { Random } from '../model/ports.js';

export type TtlBounds = Pick<DnsSettings, 'minTtlMs' | 'maxTtlMs'>;

const firstBackoffMs = 1_000;
const longestBackoffMs = 30_000;

export function clampTtlMs(ttlMs: number, bounds: TtlBounds): number {
  return Math.max(bounds.minTtlMs, Math.min(bounds.maxTtlMs, ttlMs));
}

/**
 * When to look again after an answer: between half of its clamped TTL and the whole of it, at
 * random. Never late; and hosts that were answered in one moment have lost step a TTL later.
 */
export function refreshDelayMs(ttlMs: number, bounds: TtlBounds, random: Random): number {
  return jittered(clampTtlMs(ttlMs, bounds), random);
}

/**
 * When to look again after the n-th failure in a row (n >= 1): 1 s, doubling up to 30 s or max-ttl,
 * less a random half. `negativeTtlMs` is how long the authority's "there is none" holds; it is honoured within
 * the same bound.
 */
export function failureDelayMs(
  failures: number,
  negativeTtlMs: number | undefined,
  bounds: TtlBounds,
  random: Random,
): number {
  const longest = Math.min(bounds.maxTtlMs, longestBackoffMs);
  const backoff = firstBackoffMs * 2 ** Math.min(failures - 1, 16);
  const delay = Math.min(longest, Math.max(backoff, negativeTtlMs ?? 0));
  return jittered(delay, random);
}
