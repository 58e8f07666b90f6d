import { errorCode, plainReason } from '../model/errors.js';

/** Why a dial failed, in words for a person and a code for a metric's label. */
export interface DialFailure {
  readonly code: string;
  readonly reason: string;
  /** This machine is at its limits: the endpoint is not to blame. */
  readonly isLocal: boolean;
}

/** A gateway must not dial itself, nor another one of this process. */
export const itself: DialFailure = {
  code: 'ELOOP',
  reason: 'it is this gateway itself: its connections would go round in a loop',
  isLocal: false,
};

/** Said to those who waited for another session's dial. */
export const failedForAnother: DialFailure = {
  code: 'EPROBE',
  reason: 'it has just failed for another session',
  isLocal: true,
};

/** Removed while a session waited for it. */
export const gone: DialFailure = {
  code: 'EGONE',
  reason: 'it is no longer an endpoint',
  isLocal: true,
};

/** Found out by a mark that came round; it stays so until something answers there. */
export const leadsBack: DialFailure = {
  code: 'ELOOP',
  reason: 'it leads back to this gateway: its connections would go round in a loop',
  isLocal: true,
};

export function timedOut(afterMs: number): DialFailure {
  const reason = `no answer to connect within ${afterMs} ms`;
  return { code: 'ETIMEDOUT', reason, isLocal: false };
}

export function unresolved(error: string | undefined): DialFailure {
  const reason = `its name does not resolve: ${error ?? 'no answer yet'}`;
  return { code: 'ENOTFOUND', reason, isLocal: false };
}

export function describeDialError(error: unknown): DialFailure {
  const code = errorCode(error);
  return { code, reason: plainReason(error), isLocal: localCodes.has(code) };
}

const localCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL']);
