import type { Address } from '../model/address.js';
import type { GatewaySettings, HealthCheckSettings } from '../model/config.js';
import type { Clock } from '../model/ports.js';
import { checkCures } from './cures.js';
import { itself, leadsBack, unresolved, type DialFailure } from './dial-failure.js';
import { probeAnswer } from './probe-answer.js';
import { probeHung } from './probe-hung.js';
import type { Probe } from './probe.js';
import type { ProbeTarget } from './probe-result.js';
import { probeTarget, type Ejection, type Upstream } from './upstream.js';

/** Tries what an ejected upstream stands for. Never rejects. */
export type RetryAttempt = (
  target: ProbeTarget,
  ejection: Ejection,
  settings: GatewaySettings,
  signal: AbortSignal,
) => Promise<RetryOutcome>;

/** Whether an ejected upstream works again, and why not. Never rejects. */
export type Retry = (
  upstream: Upstream,
  ejection: Ejection,
  settings: GatewaySettings,
  signal: AbortSignal,
) => Promise<RetryOutcome>;

export interface RetryOutcome {
  readonly ok: boolean;
  readonly reason: string;
  /** False: the failure is this process's own and proves nothing. */
  readonly conclusive: boolean;
}

export function createRetry(attempt: RetryAttempt, isSelf: (address: Address) => boolean): Retry {
  return async (upstream, ejection, settings, signal) => {
    const target = probeTarget(upstream);
    if (!target) return failed(unresolved(upstream.resolveError));
    if (isSelf(target.address)) return failed(itself);
    return attempt(target, ejection, settings, signal);
  };
}

/**
 * Tries an ejected upstream in the way that its ejection asks for: what did not connect must
 * connect, what was silent must react, what ended sessions or led back here must answer, and where health
 * checks are configured they decide.
 */
export function createRetryAttempt(clock: Clock, probe: Probe): RetryAttempt {
  return async (target, ejection, settings, signal) => {
    const limitMs = settings.connectTimeoutMs;
    if (ejection.cause === 'loop')
      return probeAnswer(clock, target, leadsBack.reason, limitMs, signal);
    if (checkCures(settings.healthCheck, ejection.cause)) {
      const outcome = await probe(target, settings.healthCheck, signal);
      if (outcome.ok || outcome.conclusive || signal.aborted) return outcome;
      // A check that cannot be made decides nothing: what failed has to work again, as without checks.
    }
    if (ejection.cause === 'hang') return probeHung(clock, target, limitMs, signal);
    if (ejection.cause === 'early-end')
      return probeAnswer(clock, target, endsEarly, limitMs, signal);
    return probe(target, connectOnly(settings), signal);
  };
}

/** Of a proxy before a dead member: it connects. */
const endsEarly = 'accepts connections and does not answer on them';

function failed({ reason }: DialFailure): RetryOutcome {
  return { ok: false, reason, conclusive: true };
}

function connectOnly(settings: GatewaySettings): HealthCheckSettings {
  const { connectTimeoutMs: timeoutMs, healthCheck } = settings;
  return { ...healthCheck, type: 'tcp', port: undefined, timeoutMs };
}
