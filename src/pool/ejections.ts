import type { GatewaySettings } from '../model/config.js';
import type { Observer } from '../model/events.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import { checkCures } from './cures.js';
import { backoffMs, firstRetryMs, nextFailureCount } from './backoff.js';
import type { Retry, RetryOutcome } from './retry.js';
import type { Ejection, Upstream } from './upstream.js';

export interface EjectionsOptions {
  readonly gateway: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly retry: Retry;
  /** Those of now, at each use. */
  readonly settings: () => GatewaySettings;
  /** Called after each ejection and each return. */
  readonly changed: (upstream: Upstream) => void;
}

interface PendingRetry {
  readonly timer: Timer;
  readonly abort: AbortController;
}

/**
 * Takes upstreams out and puts them back: each ejected one is tried again with backoff, counted
 * from its failure, until it works or has left. Health checks try theirs themselves.
 */
export class Ejections {
  readonly #options: EjectionsOptions;
  readonly #pending = new Map<Upstream, PendingRetry>();

  constructor(options: EjectionsOptions) {
    this.#options = options;
  }

  /** False where there was nothing to take out. */
  eject(upstream: Upstream, ejection: Ejection): boolean {
    const { clock, observer, gateway } = this.#options;
    upstream.fail(ejection.reason);
    if (upstream.state.kind !== 'healthy') return false;
    const nowMs = clock.nowMs();
    const failures = nextFailureCount(upstream.history, nowMs - upstream.state.sinceMs);
    const retryInMs = this.#enter(upstream, ejection, failures, nowMs);
    upstream.counters.ejections += 1;
    upstream.suspicion = undefined;
    const { reason } = ejection;
    observer({ type: 'upstream-ejected', gateway, ...upstream.name, reason, retryInMs });
    this.#options.changed(upstream);
    return true;
  }

  /** Does nothing for one that is not ejected. */
  return(upstream: Upstream): void {
    if (upstream.state.kind !== 'ejected') return;
    const { clock, observer, gateway } = this.#options;
    const ejectedForMs = clock.nowMs() - upstream.state.sinceMs;
    this.forget(upstream);
    upstream.setState({ kind: 'healthy', sinceMs: clock.nowMs() });
    observer({ type: 'upstream-returned', gateway, ...upstream.name, ejectedForMs });
    this.#options.changed(upstream);
  }

  /** It has drained and is back: it is tried again where it was before. */
  resume(upstream: Upstream): void {
    const { state } = upstream;
    if (state.kind !== 'ejected' || state.retryAtMs === undefined) return;
    if (this.#pending.has(upstream)) return;
    const waitMs = Math.max(0, state.retryAtMs - this.#options.clock.nowMs());
    this.#schedule(upstream, { cause: state.cause, reason: state.reason }, waitMs);
  }

  /** It is tried no more. */
  forget(upstream: Upstream): void {
    const pending = this.#pending.get(upstream);
    this.#pending.delete(upstream);
    pending?.timer.cancel();
    pending?.abort.abort();
  }

  /** A `retry-delay` that has become shorter counts for those that wait already. */
  shorten(): void {
    const nowMs = this.#options.clock.nowMs();
    const { retryDelayMs } = this.#options.settings();
    for (const [upstream, { timer }] of this.#pending) {
      const { state } = upstream;
      const waitMs = state.kind === 'ejected' ? (state.retryAtMs ?? nowMs) - nowMs : 0;
      if (state.kind !== 'ejected' || waitMs <= retryDelayMs) continue;
      timer.cancel();
      upstream.setState({ ...state, retryAtMs: nowMs + retryDelayMs });
      this.#schedule(upstream, { cause: state.cause, reason: state.reason }, retryDelayMs);
    }
  }

  destroy(): void {
    for (const upstream of [...this.#pending.keys()]) this.forget(upstream);
  }

  /** Returns when it will be tried next, from now; undefined: its checks bring it back. */
  #enter(
    upstream: Upstream,
    ejection: Ejection,
    failures: number,
    sinceMs: number,
  ): number | undefined {
    const { clock, random, settings } = this.#options;
    const retryInMs = backoffMs(failures, settings().retryDelayMs, random);
    upstream.history = { failures, lastWaitMs: retryInMs };
    const isTried = ejection.cause !== 'health';
    const retryAtMs = isTried ? clock.nowMs() + retryInMs : undefined;
    upstream.setState({ kind: 'ejected', sinceMs, retryAtMs, ...ejection });
    if (isTried) this.#schedule(upstream, ejection, retryInMs);
    return isTried ? retryInMs : undefined;
  }

  #schedule(upstream: Upstream, ejection: Ejection, retryInMs: number): void {
    const abort = this.#pending.get(upstream)?.abort ?? new AbortController();
    const timer = this.#options.clock.setTimer(retryInMs, () => {
      void this.#retry(upstream, ejection, abort);
    });
    this.#pending.set(upstream, { timer, abort });
  }

  async #retry(upstream: Upstream, ejection: Ejection, abort: AbortController): Promise<void> {
    const outcome = await this.#try(upstream, ejection, abort);
    if (this.#pending.get(upstream)?.abort !== abort || upstream.state.kind !== 'ejected') return;
    if (outcome === 'left to a session') {
      const retryAtMs = this.#options.clock.nowMs() + firstRetryMs;
      upstream.setState({ ...upstream.state, retryAtMs });
      this.#pending.delete(upstream); // with its abort, which may have served
      this.#schedule(upstream, ejection, firstRetryMs);
      return;
    }
    if (outcome.ok) {
      this.return(upstream);
      return;
    }
    upstream.fail(outcome.reason);
    const reason = (outcome.conclusive && outcome.reason) || ejection.reason;
    const failures = upstream.history.failures + (outcome.conclusive ? 1 : 0);
    this.#enter(upstream, { ...ejection, reason }, failures, upstream.state.sinceMs);
  }

  /**
   * What would only connect is left to a session that dials it already, or begins to: its outcome
   * says the same. If it leaves without one, another try comes soon.
   */
  async #try(
    upstream: Upstream,
    ejection: Ejection,
    abort: AbortController,
  ): Promise<RetryOutcome | 'left to a session'> {
    const { retry, settings } = this.#options;
    const onlyConnects =
      ejection.cause === 'dial' && !checkCures(settings().healthCheck, ejection.cause);
    if (!onlyConnects) return retry(upstream, ejection, settings(), abort.signal);
    if (upstream.probe) return 'left to a session';
    upstream.retrying = abort;
    const outcome = await retry(upstream, ejection, settings(), abort.signal);
    if (upstream.retrying === abort) upstream.retrying = undefined;
    return abort.signal.aborted ? 'left to a session' : outcome;
  }
}
