/** What checks have found so far; pure data. */
export interface Health {
  /** `unknown`: too few checks since the start or since it was forgotten. */
  readonly verdict: Verdict;
  /** Consecutive checks with the same outcome, up to now. */
  readonly streak: number;
  readonly lastOk: boolean | undefined;
}

export type Verdict = 'unknown' | 'healthy' | 'unhealthy';

export interface Thresholds {
  /** Consecutive passes that make an upstream healthy. */
  readonly rise: number;
  /** Consecutive failures that make it unhealthy. */
  readonly fall: number;
}

export const unknownHealth: Health = { verdict: 'unknown', streak: 0, lastOk: undefined };

/** The health after one more check. A single contrary outcome starts the count anew. */
export function nextHealth(health: Health, ok: boolean, { rise, fall }: Thresholds): Health {
  const streak = health.lastOk === ok ? health.streak + 1 : 1;
  if (ok && streak >= rise) return { verdict: 'healthy', streak, lastOk: ok };
  if (!ok && streak >= fall) return { verdict: 'unhealthy', streak, lastOk: ok };
  return { verdict: health.verdict, streak, lastOk: ok };
}
