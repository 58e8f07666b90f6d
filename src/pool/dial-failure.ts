import { errorCode, isOwnLimit, plainReason } from '../model/errors.js';

/** Why a dial failed, in words for a person and a code for a metric's label. */
export interface DialFailure {
  readonly code: string;
  readonly reason: string;
  /** What has failed: the endpoint, which is ejected; this machine, which is at a limit; or neither. */
  readonly blame: 'endpoint' | 'machine' | 'nobody';
}

/** A gateway must not dial itself, nor another one of this process. */
export const itself: DialFailure = {
  code: 'ELOOP',
  reason: 'it is this gateway itself: its connections would go round in a loop',
  blame: 'endpoint',
};

/** Said to those who waited for another session's dial. */
export const failedForAnother: DialFailure = {
  code: 'EPROBE',
  reason: 'it has just failed for another session',
  blame: 'nobody',
};

/** Removed while a session waited for it. */
export const gone: DialFailure = {
  code: 'EGONE',
  reason: 'it is no longer an endpoint',
  blame: 'nobody',
};

/** Found out by a mark that came round; it stays so until something answers there. */
export const leadsBack: DialFailure = {
  code: 'ELOOP',
  reason: 'it leads back to this gateway: its connections would go round in a loop',
  blame: 'nobody',
};

export function timedOut(afterMs: number): DialFailure {
  const reason = `no answer to connect within ${afterMs} ms`;
  return { code: 'ETIMEDOUT', reason, blame: 'endpoint' };
}

export function unresolved(error: string | undefined): DialFailure {
  const reason = `its name does not resolve: ${error ?? 'no answer yet'}`;
  return { code: 'ENOTFOUND', reason, blame: 'endpoint' };
}

export function describeDialError(error: unknown): DialFailure {
  const code = errorCode(error);
  const blame = isOwnLimit(code) ? 'machine' : 'endpoint';
  return { code, reason: plainReason(error), blame };
}
