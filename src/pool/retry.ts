import type { Address } from '../model/address.js';
import type { GatewaySettings, HealthCheckSettings } from '../model/config.js';
import type { Clock } from '../model/ports.js';
import { checkCures } from './cures.js';
import { itself, leadsBack, unresolved, type DialFailure } from './dial-failure.js';
import { sendMark } from './probe-loop.js';
import { probeHung } from './probe-hung.js';
import type { Probe } from './probe.js';
import type { ProbeTarget } from './probe-result.js';
import { probeTarget, type Ejection, type Upstream } from './upstream.js';

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

/**
 * Tries an ejected upstream in the way that its ejection asks for: what did not connect must
 * connect, what was silent must react, and where health checks are configured they decide.
 */
export function createRetry(
  clock: Clock,
  probe: Probe,
  isSelf: (address: Address) => boolean,
): Retry {
  return async (upstream, ejection, settings, signal) => {
    const target = probeTarget(upstream);
    if (!target) return failed(unresolved(upstream.resolveError));
    if (isSelf(target.address)) return failed(itself);
    return attempt(target, ejection, settings, signal);
  };

  async function attempt(
    target: ProbeTarget,
    ejection: Ejection,
    settings: GatewaySettings,
    signal: AbortSignal,
  ): Promise<RetryOutcome> {
    if (ejection.cause === 'loop') return answersAtAll(target, settings, signal);
    if (checkCures(settings.healthCheck, ejection.cause)) {
      const outcome = await probe(target, settings.healthCheck, signal);
      if (outcome.ok || outcome.conclusive || signal.aborted) return outcome;
      // A check that cannot be made decides nothing: what failed has to work again, as without checks.
    }
    if (ejection.cause === 'hang') {
      return probeHung(clock, target, settings.connectTimeoutMs, signal);
    }
    return probe(target, connectOnly(settings), signal);
  }

  /** A loop connects; only an endpoint answers. */
  async function answersAtAll(
    target: ProbeTarget,
    settings: GatewaySettings,
    signal: AbortSignal,
  ): Promise<RetryOutcome> {
    const answered = await sendMark(clock, target, 'retry', settings.connectTimeoutMs, signal);
    return answered ? { ok: true, reason: '', conclusive: true } : failed(leadsBack);
  }
}

function failed({ reason }: DialFailure): RetryOutcome {
  return { ok: false, reason, conclusive: true };
}

function connectOnly(settings: GatewaySettings): HealthCheckSettings {
  const { connectTimeoutMs: timeoutMs, healthCheck } = settings;
  return { ...healthCheck, type: 'tcp', port: undefined, timeoutMs };
}
