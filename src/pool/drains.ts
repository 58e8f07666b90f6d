import type { Clock, Timer } from '../model/ports.js';
import { PacedEnd } from './paced-end.js';
import type { Upstream } from './upstream.js';

/** Told of each upstream once its sessions have been ended, or those that are left are spared. */
type SessionsClosed = (upstream: Upstream, sessions: number) => void;

/**
 * Ends the sessions of a pool's draining upstreams when `drain-timeout` is over, paced over all of
 * those that drain since the same moment. With a timeout of 0 they last as long as they like.
 */
export class Drains {
  readonly #clock: Clock;
  /** Of each draining upstream: what ends its sessions; undefined with a timeout of 0. */
  readonly #waiting = new Map<Upstream, Timer | undefined>();
  readonly #ending = new Map<Upstream, PacedEnd>();
  #latest: PacedEnd | undefined;

  readonly #closed: SessionsClosed;

  constructor(clock: Clock, closed: SessionsClosed) {
    this.#clock = clock;
    this.#closed = closed;
  }

  upstreams(): Iterable<Upstream> {
    return this.#waiting.keys();
  }

  /** Counts from when the upstream began to drain, also when the timeout has changed since. */
  configure(upstream: Upstream, drainTimeoutMs: number): void {
    this.forget(upstream);
    this.#waiting.set(upstream, this.#timer(upstream, drainTimeoutMs));
  }

  /** Tells how many of its sessions have been ended: no more are, at present. */
  conclude(upstream: Upstream): void {
    const sessions = this.#ending.get(upstream)?.takeCount(upstream) ?? 0;
    if (sessions > 0) this.#closed(upstream, sessions);
  }

  /** It has closed, or its time has changed: spares the sessions that it has left. */
  forget(upstream: Upstream): void {
    this.#waiting.get(upstream)?.cancel();
    this.#waiting.delete(upstream);
    this.conclude(upstream);
    this.#ending.get(upstream)?.remove(upstream);
    this.#ending.delete(upstream);
  }

  /** Idempotent. */
  destroy(): void {
    for (const upstream of [...this.#waiting.keys()]) this.forget(upstream);
    this.#latest?.destroy();
  }

  #timer(upstream: Upstream, drainTimeoutMs: number): Timer | undefined {
    if (drainTimeoutMs === 0) return undefined;
    const elapsedMs = this.#clock.nowMs() - upstream.state.sinceMs;
    const waitMs = Math.max(0, drainTimeoutMs - elapsedMs);
    return this.#clock.setTimer(waitMs, () => this.#end(upstream));
  }

  #end(upstream: Upstream): void {
    if (!this.#latest?.isOpen) this.#latest = new PacedEnd(this.#clock);
    this.#ending.set(upstream, this.#latest);
    this.#latest.add(upstream);
  }
}
