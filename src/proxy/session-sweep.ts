import type { GatewaySettings } from '../model/config.js';
import type { SessionEnd } from '../model/events.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import type { UpstreamSession } from '../pool/upstream.js';

/** A session as sweeps see it. */
export interface SweptSession extends UpstreamSession {
  /** Monotonic. */
  readonly startedMs: number;
  /** Brings `quietSinceMs` up to date. */
  sweep(nowMs: number): void;
}

type Limits = Pick<
  GatewaySettings,
  'idleTimeoutMs' | 'maxSessionAgeMs' | 'drainTimeoutMs' | 'rebalance'
>;

const off: Limits = {
  ...{ idleTimeoutMs: 0, maxSessionAgeMs: 0, drainTimeoutMs: 0, rebalance: undefined },
};

/** Thousands of sessions closed in one turn of the loop would hold up all others. */
const mostClosedAtOnce = 25;
const nextPortionMs = 1;

/** Ages differ by up to this part, so that sessions opened together do not end together. */
const ageJitter = 0.1;

/**
 * Looks at all sessions of a gateway now and then, instead of a timer for each message: closes
 * those that are idle or too old, and notes how long each has been quiet. Off costs nothing.
 */
export class SessionSweep {
  readonly #sessions: ReadonlySet<SweptSession>;
  readonly #clock: Clock;
  readonly #random: Random;
  /** The part of the largest age that a session gets. */
  readonly #ageShare = new WeakMap<SweptSession, number>();
  #limits: Limits = off;
  #timer: Timer | undefined;
  /** Those that the sweep under way has still to look at. */
  #left: Iterator<SweptSession> | undefined;

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
    const periodMs = Math.min(1_000, Math.max(10, shortest / 10));
    return this.#clock.setTimer(periodMs, () => this.#sweep());
  }

  /** Goes on in another turn where many have to be closed. */
  #sweep(): void {
    this.#left ??= this.#sessions.values();
    const nowMs = this.#clock.nowMs();
    let closed = 0;
    let next = this.#left.next();
    while (!next.done) {
      const end = this.#endOf(next.value, nowMs);
      if (end) next.value.close(end);
      if (this.#limits === off) return; // that has brought the end
      if (end && ++closed === mostClosedAtOnce) {
        this.#timer = this.#clock.setTimer(nextPortionMs, () => this.#sweep());
        return;
      }
      next = this.#left.next();
    }
    this.#left = undefined;
    this.#timer = this.#schedule();
  }

  /** Brings the session up to date; why it has to end, if it has to. */
  #endOf(session: SweptSession, nowMs: number): SessionEnd | undefined {
    session.sweep(nowMs);
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
