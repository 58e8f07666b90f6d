import type { GatewaySettings } from '../model/config.js';
import type { SessionEnd } from '../model/events.js';
import { closedAtOnce, nextPortionMs } from '../model/portions.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import type { UpstreamSession } from '../pool/upstream.js';

/** A session as sweeps see it. */
export interface SweptSession extends UpstreamSession {
  /** Monotonic. */
  readonly startedMs: number;
}

type Limits = Pick<
  GatewaySettings,
  'idleTimeoutMs' | 'maxSessionAgeMs' | 'drainTimeoutMs' | 'rebalance'
>;

const off: Limits = {
  ...{ idleTimeoutMs: 0, maxSessionAgeMs: 0, drainTimeoutMs: 0, rebalance: undefined },
};

/** Ages differ by up to this part, so that sessions opened together do not end together. */
const ageJitter = 0.1;

/**
 * Looks at all sessions of a gateway now and then, instead of a timer for each message: closes
 * those that are idle or too old. Off costs nothing.
 */
export class SessionSweep {
  readonly #sessions: ReadonlySet<SweptSession>;
  readonly #clock: Clock;
  readonly #random: Random;
  /** The part of the largest age that a session gets. */
  readonly #ageShare = new WeakMap<SweptSession, number>();
  #limits: Limits = off;
  #timer: Timer | undefined;

  constructor(sessions: ReadonlySet<SweptSession>, clock: Clock, random: Random) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#random = random;
  }

  configure(limits: Limits): void {
    this.#limits = limits;
    this.#timer ??= this.#schedule(); // one that is set already comes soon enough, and must come
  }

  /** May be called from inside a sweep, by the end of the last session. */
  destroy(): void {
    this.#limits = off;
    this.#timer?.cancel();
  }

  #schedule(): Timer | undefined {
    const { idleTimeoutMs, maxSessionAgeMs, drainTimeoutMs, rebalance } = this.#limits;
    const spans = [idleTimeoutMs, maxSessionAgeMs, drainTimeoutMs, rebalance?.quietForMs ?? 0];
    const shortest = Math.min(...spans.filter((span) => span > 0));
    if (shortest === Infinity) return undefined;
    return this.#sweepIn(Math.min(1_000, Math.max(10, shortest / 10)));
  }

  /** Looks at all of them; where many are due, closes some, and comes back for the others soon. */
  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    let due = 0;
    for (const session of this.#sessions) {
      const end = this.#endOf(session, nowMs);
      if (end && ++due <= closedAtOnce) session.close(end);
    }
    this.#timer = due > closedAtOnce ? this.#sweepIn(nextPortionMs) : this.#schedule();
  }

  #sweepIn(delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => this.#sweep());
  }

  /** Why the session has to end, if it has to. */
  #endOf(session: SweptSession, nowMs: number): SessionEnd | undefined {
    const { idleTimeoutMs } = this.#limits;
    if (idleTimeoutMs > 0 && nowMs - session.quietSinceMs >= idleTimeoutMs) return 'idle';
    return nowMs - session.startedMs >= this.#ageLimitMs(session) ? 'max-age' : undefined;
  }

  #ageLimitMs(session: SweptSession): number {
    const { maxSessionAgeMs } = this.#limits;
    if (maxSessionAgeMs === 0) return Infinity;
    let share = this.#ageShare.get(session);
    if (share === undefined) {
      share = 1 - ageJitter * this.#random();
      this.#ageShare.set(session, share);
    }
    return maxSessionAgeMs * share;
  }
}
