import type { DnsSettings } from '../model/config.js';
import type { Random } from '../model/ports.js';

export type TtlBounds = Pick<DnsSettings, 'minTtlMs' | 'maxTtlMs'>;

const jitterRatio = 0.1;
/** A long TTL must not make an answer noticeably older than it allows. */
const mostLateMs = 500;
const firstBackoffMs = 1_000;
const longestBackoffMs = 30_000;
const backoffJitterRatio = 0.25;

export function clampTtlMs(ttlMs: number, bounds: TtlBounds): number {
  return Math.max(bounds.minTtlMs, Math.min(bounds.maxTtlMs, ttlMs));
}

/**
 * When to look again after an answer: its clamped TTL, ±10 % so that many names do not keep step,
 * and half a second late at most.
 */
export function refreshDelayMs(ttlMs: number, bounds: TtlBounds, random: Random): number {
  const clamped = clampTtlMs(ttlMs, bounds);
  const shift = clamped * jitterRatio * (2 * random() - 1);
  return clamped + Math.min(shift, mostLateMs);
}

/**
 * When to look again after the n-th failure in a row (n >= 1): 1 s, doubling up to 30 s or max-ttl,
 * ±25 %. `negativeTtlMs` is how long the authority's "there is none" holds; it is honoured within
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
  return delay * (1 + backoffJitterRatio * (2 * random() - 1));
}
