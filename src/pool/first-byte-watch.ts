import { closedAtOnce, nextPortionMs } from '../model/portions.js';
import type { Clock, Timer } from '../model/ports.js';
import type { Pool } from './pool.js';
import type { Upstream, UpstreamSession } from './upstream.js';

/** A session whose first bytes an upstream has taken, and not answered yet. */
export interface WaitingSession extends UpstreamSession {
  readonly upstream: Upstream;
  /** Monotonic. */
  readonly sentAtMs: number;
}

/** A session that waits this long has its upstream asked whether it is alive: the client may be at fault. */
const askAfterMs = 500;

/** A session that waits this long makes its upstream suspected. */
const suspectAfterMs = 1_000;

/**
 * Finds upstreams that accept and never answer (`first-byte-timeout`): a stopped process still
 * completes TCP handshakes in its accept queue. One timer for all sessions, only while some wait.
 */
export class FirstByteWatch {
  readonly #pool: Pool;
  readonly #clock: Clock;
  /** In the order of `sentAtMs`. */
  readonly #waiting = new Set<WaitingSession>();
  /** Their time is over, their upstreams are ejected: they are closed in portions. */
  readonly #overdue = new Set<WaitingSession>();
  #suspected = new Set<Upstream>();
  #timer: Timer | undefined;
  #closing: Timer | undefined;

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  sent(session: WaitingSession): void {
    const { firstByteTimeoutMs } = this.#pool.settings;
    if (firstByteTimeoutMs === 0) return;
    this.#waiting.add(session);
    this.#timer ??= this.#schedule();
  }

  /** It has been answered. */
  answered(session: WaitingSession): void {
    this.left(session);
    this.#pool.answered(session.upstream);
  }

  /** It has ended without an answer. */
  left(session: WaitingSession): void {
    this.#waiting.delete(session);
    this.#overdue.delete(session);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#closing?.cancel();
    this.#waiting.clear();
    this.#overdue.clear();
  }

  #schedule(): Timer {
    const { firstByteTimeoutMs } = this.#pool.settings;
    const periodMs = Math.max(10, Math.min(250, firstByteTimeoutMs / 4));
    return this.#clock.setTimer(periodMs, () => this.#sweep());
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    const { firstByteTimeoutMs } = this.#pool.settings;
    if (firstByteTimeoutMs === 0) this.#waiting.clear(); // turned off meanwhile
    const suspected = new Set<Upstream>();
    for (const session of [...this.#waiting]) {
      const waitedMs = nowMs - session.sentAtMs;
      if (waitedMs < Math.min(askAfterMs, firstByteTimeoutMs / 2)) break;
      const finding = this.#pool.askSilent(session.upstream, session.sentAtMs);
      const isSuspected = waitedMs >= suspectAfterMs && finding !== 'answers';
      if (waitedMs >= firstByteTimeoutMs && finding) this.#giveUp(session, waitedMs, finding);
      else if (isSuspected) suspected.add(session.upstream);
    }
    this.#update(suspected);
    this.#closeSome();
    this.#timer = this.#waiting.size + suspected.size > 0 ? this.#schedule() : undefined;
  }

  /** Its upstream is taken out only if it does not answer the gateway either: a client may be silent. */
  #giveUp(session: WaitingSession, waitedMs: number, finding: 'answers' | 'silent'): void {
    this.#waiting.delete(session);
    const reason = `took a session's first bytes and sent nothing back for ${Math.round(waitedMs)} ms`;
    if (finding === 'silent') this.#pool.eject(session.upstream, { cause: 'hang', reason });
    this.#overdue.add(session);
  }

  #closeSome(): void {
    this.#closing?.cancel();
    let left = closedAtOnce;
    for (const session of this.#overdue) {
      if (left === 0) break;
      left -= 1;
      this.#overdue.delete(session);
      session.close('first-byte-timeout');
    }
    if (this.#overdue.size === 0) return;
    this.#closing = this.#clock.setTimer(nextPortionMs, () => this.#closeSome());
  }

  #update(suspected: Set<Upstream>): void {
    for (const upstream of suspected) this.#pool.suspect(upstream, 'slow to answer');
    for (const upstream of this.#suspected) {
      if (!suspected.has(upstream)) this.#pool.unsuspect(upstream, 'slow to answer');
    }
    this.#suspected = suspected;
  }
}
