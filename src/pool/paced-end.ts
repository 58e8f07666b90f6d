import type { Clock, Timer } from '../model/ports.js';
import type { Upstream } from './upstream.js';

/** Sessions are closed over this time, so that their clients do not come back all at once. */
const closeOverMs = 2_000;
const stepMs = 100;
const steps = closeOverMs / stepMs;

/**
 * Ends the sessions of upstreams whose `drain-timeout` is over, those first that have been quiet
 * longest. One pace for all of them: thousands of upstreams with a session each are no reason to
 * end thousands at once.
 */
export class PacedEnd {
  readonly #clock: Clock;
  /** With how many sessions of each it has ended and not told yet. */
  readonly #upstreams = new Map<Upstream, number>();
  #stepsLeft = steps;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether others may still join: those whose time is over before the second step. */
  get isOpen(): boolean {
    return this.#stepsLeft >= steps - 1;
  }

  add(upstream: Upstream): void {
    this.#upstreams.set(upstream, 0);
    this.#timer ??= this.#clock.setTimer(0, () => this.#step()); // all who are due now have joined then
  }

  /** How many sessions of this one it has ended since the last call. */
  takeCount(upstream: Upstream): number {
    const count = this.#upstreams.get(upstream) ?? 0;
    if (count > 0) this.#upstreams.set(upstream, 0);
    return count;
  }

  /** Spares the sessions that it has left. The pace goes on for those that may still join. */
  remove(upstream: Upstream): void {
    this.#upstreams.delete(upstream);
    if (this.#upstreams.size === 0 && !this.isOpen) this.destroy();
  }

  /** Idempotent. */
  destroy(): void {
    this.#timer?.cancel();
  }

  /** A share that ends the last session with the last step. */
  #step(): void {
    this.#timer = this.#clock.setTimer(stepMs, () => this.#step());
    const sessions = [...this.#upstreams.keys()]
      .flatMap((upstream) => [...upstream.sessions].map((session) => ({ upstream, session })))
      .sort((a, b) => a.session.quietSinceMs - b.session.quietSinceMs);
    const share = Math.ceil(sessions.length / Math.max(1, this.#stepsLeft));
    this.#stepsLeft -= 1;
    for (const { upstream, session } of sessions.slice(0, share)) {
      this.#upstreams.set(upstream, (this.#upstreams.get(upstream) ?? 0) + 1);
      session.close('drain-timeout');
    }
    if (this.#upstreams.size === 0 && !this.isOpen) this.destroy();
  }
}
