import { randomBytes } from 'node:crypto';

import type { Clock } from '../model/ports.js';
import type { SendMark } from '../pool/probe-loop.js';
import { probeTargets, type Upstream } from '../pool/upstream.js';
import type { LoopGuard } from './loop-guard.js';

/** In a loop nobody answers; elsewhere few sessions wait for their first answer at a time. */
const suspiciousSessions = 16;

/** How long a mark may take to come round. */
const markTimeoutMs = 1_000;

/** Looks that found nothing are made ever more seldom, up to this. */
const longestPauseMs = 60_000;

/**
 * Finds loops that lead through other processes, which no address shows: when many sessions wait
 * for a first answer, a request with a mark goes to their upstream, and the listeners look out for
 * it. Costs a counter a session.
 */
export class LoopWatch {
  readonly #loops: LoopGuard;
  readonly #clock: Clock;
  readonly #send: SendMark;
  readonly #onLoop: (upstream: Upstream) => void;
  readonly #closing = new AbortController();
  #unanswered = 0;
  #isLooking = false;
  #pauseMs = 1_000;
  #nextLookMs = 0;

  constructor(
    loops: LoopGuard,
    clock: Clock,
    send: SendMark,
    onLoop: (upstream: Upstream) => void,
  ) {
    this.#loops = loops;
    this.#clock = clock;
    this.#send = send;
    this.#onLoop = onLoop;
  }

  /** A session has its upstream, and no answer yet. */
  opened(upstream: Upstream): void {
    this.#unanswered += 1;
    if (this.#unanswered < suspiciousSessions || this.#isLooking) return;
    if (this.#clock.nowMs() >= this.#nextLookMs) void this.#look(upstream);
  }

  /** A session that had no answer has one, or has ended. */
  answered(): void {
    this.#unanswered -= 1;
  }

  destroy(): void {
    this.#closing.abort();
  }

  async #look(upstream: Upstream): Promise<void> {
    const [target] = probeTargets(upstream);
    if (!target) return;
    this.#isLooking = true;
    const mark = randomBytes(16).toString('hex');
    const cameBack = this.#loops.expect(mark, () => this.#onLoop(upstream));
    const { signal } = this.#closing;
    await this.#send(this.#clock, target, mark, markTimeoutMs, signal);
    this.#pauseMs = cameBack() ? 1_000 : Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#nextLookMs = this.#clock.nowMs() + (cameBack() ? 0 : this.#pauseMs);
    this.#isLooking = false;
  }
}
