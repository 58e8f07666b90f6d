import type { DnsSettings } from '../model/config.js';
import { jittered } from '../model/jitter.js';
import type { Random } from '../model/ports.js';

export type TtlBounds = Pick<DnsSettings, 'minTtlMs' | 'maxTtlMs'>;

const firstBackoffMs = 1_000;
const longestBackoffMs = 30_000;
/** Nobody waits longer for the end of an outage, however long the TTL was. */
const longestHeldMs = 60_000;

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

export interface Failures {
  /** In a row, at least 1. */
  readonly count: number;
  /** How long the authority's "there is none" holds. */
  readonly negativeTtlMs: number | undefined;
  /** TTL of the last good answer, which is in use; undefined where there has been none. */
  readonly heldTtlMs: number | undefined;
}

/**
 * When to look again after a failure. Without an answer in use: 1 s, doubling up to 30 s or max-ttl.
 * With one nobody is in need: as often as its TTL asks for anyway, 60 s at most, so that a fleet asks
 * no more of servers that are down, or just back, than of others. Less a random half. A negative TTL is
 * honoured within the same bounds.
 */
export function failureDelayMs(failures: Failures, bounds: TtlBounds, random: Random): number {
  const { count, heldTtlMs, negativeTtlMs = 0 } = failures;
  const isHeld = heldTtlMs !== undefined;
  const usual = isHeld
    ? clampTtlMs(heldTtlMs, bounds)
    : firstBackoffMs * 2 ** Math.min(count - 1, 16);
  const longest = Math.min(bounds.maxTtlMs, isHeld ? longestHeldMs : longestBackoffMs);
  return jittered(Math.min(longest, Math.max(usual, negativeTtlMs)), random);
}
