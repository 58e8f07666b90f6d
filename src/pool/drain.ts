import type { Clock, Timer } from '../model/ports.js';
import type { Upstream } from './upstream.js';

/** Sessions are closed over this time, so that their clients do not come back all at once. */
const closeOverMs = 2_000;
const stepMs = 100;

/**
 * Ends a draining upstream's sessions when `drain-timeout` is over: those that have been quiet
 * longest first, paced. With a timeout of 0 they last as long as they like.
 */
export class Drain {
  readonly #upstream: Upstream;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(upstream: Upstream, clock: Clock) {
    this.#upstream = upstream;
    this.#clock = clock;
  }

  /** Counts from when the upstream began to drain, also when the timeout has changed since. */
  configure(drainTimeoutMs: number): void {
    this.#timer?.cancel();
    if (drainTimeoutMs === 0) return;
    const elapsedMs = this.#clock.nowMs() - this.#upstream.state.sinceMs;
    const waitMs = Math.max(0, drainTimeoutMs - elapsedMs);
    this.#timer = this.#clock.setTimer(waitMs, () => this.#closeSome(closeOverMs / stepMs));
  }

  destroy(): void {
    this.#timer?.cancel();
  }

  /** A share that ends the last session with the last step. */
  #closeSome(stepsLeft: number): void {
    const sessions = [...this.#upstream.sessions].sort((a, b) => a.quietSinceMs - b.quietSinceMs);
    const share = Math.ceil(sessions.length / Math.max(1, stepsLeft));
    for (const session of sessions.slice(0, share)) session.close('drain-timeout');
    if (this.#upstream.sessions.size === 0) return;
    this.#timer = this.#clock.setTimer(stepMs, () => this.#closeSome(stepsLeft - 1));
  }
}
