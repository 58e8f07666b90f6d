import { randomBytes } from 'node:crypto';

import type { Clock, Timer } from '../model/ports.js';
import type { SendMark } from '../pool/probe-loop.js';
import type { ProbeTarget } from '../pool/probe-result.js';
import { probeTargets, type Upstream } from '../pool/upstream.js';
import type { LoopGuard } from './loop-guard.js';

/** In a loop nobody answers; elsewhere few sessions wait for their first answer at a time. */
const suspiciousSessions = 16;

/** How long newcomers are held to see whether more come: many times what a turn of a loop takes. */
const holdMs = 20;

/** So many that are dialed for, or come while newcomers are held, are clients: a loop has but a few. */
const mostInnocents = 16;

/** How long a mark may take to come round. */
const markTimeoutMs = 1_000;

/** Looks that found nothing are made ever more seldom, up to this. */
const longestPauseMs = 60_000;

/** A session that nothing has been done for yet. */
export interface Newcomer {
  start(): void;
}

/**
 * Finds loops that lead through other processes, which no address shows. In a loop nobody answers,
 * and a session comes in only because one has been dialed. So when many sessions wait for a first
 * answer and few are dialed for, newcomers are held for a moment: if hardly any come, a request with
 * a mark goes to their upstream, and the listeners look out for it. Where clients come, upstreams
 * see nothing of all this. Costs a counter a session.
 */
export class LoopWatch {
  readonly #loops: LoopGuard;
  readonly #clock: Clock;
  readonly #send: SendMark;
  readonly #onLoop: (upstream: Upstream) => void;
  readonly #dialing: () => number;
  readonly #closing = new AbortController();
  #unanswered = 0;
  /** So many unanswered sessions are suspicious. */
  #suspicious = suspiciousSessions;
  #isLooking = false;
  /** Undefined: newcomers are let in as they come. */
  #held: Newcomer[] | undefined;
  #hold: Timer | undefined;
  #pauseMs = 1_000;
  #nextLookMs = 0;

  constructor(
    loops: LoopGuard,
    clock: Clock,
    send: SendMark,
    onLoop: (upstream: Upstream) => void,
    dialing: () => number,
  ) {
    this.#loops = loops;
    this.#clock = clock;
    this.#send = send;
    this.#onLoop = onLoop;
    this.#dialing = dialing;
  }

  /** Starts the session of a client who has come, at once or a moment later. */
  came(newcomer: Newcomer): void {
    if (!this.#held) {
      newcomer.start();
      return;
    }
    this.#held.push(newcomer);
    if (this.#areClients(this.#held.length)) this.#acquit();
  }

  /** A session has its upstream, and no answer yet. */
  opened(upstream: Upstream): void {
    this.#unanswered += 1;
    if (this.#unanswered < this.#suspicious || this.#isLooking) return;
    if (this.#clock.nowMs() < this.#nextLookMs) return;
    if (this.#areClients(this.#dialing())) {
      this.#acquit();
      return;
    }
    this.#isLooking = true;
    this.#held = [];
    this.#hold = this.#clock.setTimer(holdMs, () => {
      this.#letIn();
      if (this.#unanswered >= this.#suspicious) void this.#look(upstream);
      else this.#isLooking = false; // in a loop nobody answers
    });
  }

  /** A session that had no answer has one, or has ended. */
  answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered > this.#suspicious / 4) return;
    this.#suspicious = Math.max(suspiciousSessions, this.#suspicious / 2);
  }

  destroy(): void {
    this.#hold?.cancel();
    this.#held = undefined;
    this.#closing.abort();
  }

  #areClients(count: number): boolean {
    return count >= Math.min(mostInnocents, this.#suspicious / 4);
  }

  /** These are clients; a loop of several would show at twice as many. */
  #acquit(): void {
    this.#hold?.cancel();
    this.#suspicious = 2 * Math.max(this.#suspicious, this.#unanswered);
    this.#isLooking = false;
    this.#letIn();
  }

  #letIn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const newcomer of held) newcomer.start();
  }

  async #look(upstream: Upstream): Promise<void> {
    const [target] = probeTargets(upstream);
    if (target) await this.#lookAt(target, upstream);
    this.#isLooking = false;
  }

  async #lookAt(target: ProbeTarget, upstream: Upstream): Promise<void> {
    const mark = randomBytes(16).toString('hex');
    const cameBack = this.#loops.expect(mark, () => this.#onLoop(upstream));
    const { signal } = this.#closing;
    await this.#send(this.#clock, target, mark, markTimeoutMs, signal);
    this.#pauseMs = cameBack() ? 1_000 : Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#nextLookMs = this.#clock.nowMs() + (cameBack() ? 0 : this.#pauseMs);
  }
}
