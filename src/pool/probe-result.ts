import type { Peer } from '../etcd/connect.js';
import { explainFailure } from '../etcd/explain.js';
import { errorCode, GatewayError, isOwnLimit } from '../model/errors.js';
import type { Clock } from '../model/ports.js';

/** The address to probe and the name that it was resolved from. */
export type ProbeTarget = Peer;

export interface ProbeResult {
  readonly ok: boolean;
  /** Why it is not ok; empty if it is. */
  readonly reason: string;
  readonly durationMs: number;
  /** False: the failure is this process's own (its TLS files, its limits) and proves nothing. */
  readonly conclusive: boolean;
}

/** What a check found, before it is timed. */
export interface Finding {
  readonly ok: boolean;
  readonly reason: string;
}

/** Runs a check and makes a result of whatever comes out, errors included. */
export async function timed(
  clock: Clock,
  usesTls: boolean,
  work: () => Promise<Finding>,
): Promise<ProbeResult> {
  const startedMs = clock.nowMs();
  const since = (): number => clock.nowMs() - startedMs;
  try {
    const { ok, reason } = await work();
    return { ok, reason, durationMs: since(), conclusive: true };
  } catch (error) {
    const reason = explainFailure(error, usesTls);
    return { ok: false, reason, durationMs: since(), conclusive: !isOurs(error) };
  }
}

function isOurs(error: unknown): boolean {
  if (error instanceof GatewayError) return error.side === 'config' || error.side === 'system';
  const code = errorCode(error);
  return isOwnLimit(code) || code === 'EACCES';
}
