import type { Upstream } from './upstream.js';

/** The least share: an upstream with none would never prove itself. */
const leastShare = 0.05;

/**
 * The share of its weight that an upstream takes: after a return it grows linearly from a twentieth
 * to all over `slowStartMs`. One that was never ejected takes all at once.
 */
export function slowStartShare(upstream: Upstream, slowStartMs: number, nowMs: number): number {
  const { state } = upstream;
  if (slowStartMs === 0 || state.kind !== 'healthy' || upstream.counters.ejections === 0) return 1;
  const elapsed = (nowMs - state.sinceMs) / slowStartMs;
  return Math.min(1, Math.max(leastShare, Math.round(elapsed * 20) / 20));
}
