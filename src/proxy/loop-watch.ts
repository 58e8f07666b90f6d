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

/** Those that a loop makes come at the beginning of a hold. */
const earlyMs = holdMs / 2;

/** How long newcomers are awaited after a hold. */
const watchMs = 1_000;

/** Where many clients come and go, so long passes between two holds. */
const calmMs = 1_000;

/** How long a mark may take to come round. */
const markTimeoutMs = 1_000;

/** Looks that found nothing are made ever more seldom, up to this. */
const longestPauseMs = 60_000;

/** A session that nothing has been done for yet. */
export interface Newcomer {
  start(): void;
}

/** What is being seen of newcomers, and by which upstream they wait. */
interface Look {
  readonly upstream: Upstream;
  readonly startMs: number;
  timer: Timer;
  /** Undefined: they are let in as they come. */
  held: Newcomer[] | undefined;
  early: number;
  late: number;
  /** How many have come since those held were let in. */
  after: number;
}

/**
 * Finds loops that lead through other processes, which no address shows. In a loop nobody answers,
 * and a session comes in only because one has been dialed. So when many sessions wait for a first
 * answer, newcomers are held for a moment. Clients keep coming meanwhile; a loop stands still, and
 * goes on, by as many at least, when they are let in. Then a request with a mark goes to their
 * upstream, and the listeners look out for it. The first answer ends all this: who is answered waits
 * no longer than for that, and once a second at most. Upstreams see nothing of it. Costs a counter
 * a session.
 */
export class LoopWatch {
  readonly #loops: LoopGuard;
  readonly #clock: Clock;
  readonly #send: SendMark;
  readonly #onLoop: (upstream: Upstream) => void;
  readonly #closing = new AbortController();
  #unanswered = 0;
  /** So many unanswered sessions are suspicious. */
  #suspicious = suspiciousSessions;
  /** Until then a crowd that shrinks does not make fewer suspicious. */
  #calmUntilMs = 0;
  #look: Look | undefined;
  #isMarkOut = false;
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

  /** Starts the session of a client who has come, at once or a moment later. */
  came(newcomer: Newcomer): void {
    const look = this.#look;
    if (!look?.held) {
      newcomer.start();
      if (look) this.#cameAfter(look);
      return;
    }
    look.held.push(newcomer);
    if (this.#clock.nowMs() - look.startMs < earlyMs) look.early += 1;
    else look.late += 1;
    if (look.late > 0 && look.late >= look.early / 4) this.#acquit(look);
  }

  /** A session has its upstream, and no answer yet. */
  opened(upstream: Upstream): void {
    this.#unanswered += 1;
    if (this.#unanswered < this.#suspicious || this.#look || this.#isMarkOut) return;
    const startMs = this.#clock.nowMs();
    if (startMs < this.#nextLookMs) return;
    const timer = this.#clock.setTimer(holdMs, () => {
      this.#watch(look);
    });
    const look: Look = { upstream, startMs, timer, held: [], early: 0, late: 0, after: 0 };
    this.#look = look;
  }

  /** A session has its first answer: this is no loop. */
  answered(): void {
    this.ended();
    if (this.#look) this.#acquit(this.#look);
  }

  /** A session has ended without an answer, or has one. */
  ended(): void {
    this.#unanswered -= 1;
    if (this.#suspicious === suspiciousSessions || this.#unanswered > this.#suspicious / 4) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#calmUntilMs) return;
    this.#calmUntilMs = nowMs + calmMs;
    this.#suspicious = Math.max(suspiciousSessions, this.#suspicious / 2);
  }

  destroy(): void {
    this.#look?.timer.cancel();
    this.#look = undefined;
    this.#closing.abort();
  }

  /** Where enough have left meanwhile there is nothing to see any more. */
  #watch(look: Look): void {
    look.timer = this.#clock.setTimer(watchMs, () => {
      this.#acquit(look);
    });
    letIn(look);
    if (this.#unanswered < this.#suspicious) this.#end(look);
  }

  #cameAfter(look: Look): void {
    look.after += 1;
    if (look.after < look.early) return;
    this.#end(look);
    if (this.#unanswered >= this.#suspicious) void this.#mark(look.upstream);
  }

  /** These are clients; if they are not, it shows at twice as many. */
  #acquit(look: Look): void {
    this.#calmUntilMs = this.#clock.nowMs() + calmMs;
    letIn(look);
    this.#suspicious = 2 * Math.max(this.#suspicious, this.#unanswered);
    this.#end(look);
  }

  #end(look: Look): void {
    look.timer.cancel();
    this.#look = undefined;
  }

  async #mark(upstream: Upstream): Promise<void> {
    const [target] = probeTargets(upstream);
    if (!target) return;
    this.#isMarkOut = true;
    await this.#sendMark(target, upstream);
    this.#isMarkOut = false;
  }

  async #sendMark(target: ProbeTarget, upstream: Upstream): Promise<void> {
    const mark = randomBytes(16).toString('hex');
    const cameBack = this.#loops.expect(mark, () => this.#onLoop(upstream));
    const { signal } = this.#closing;
    await this.#send(this.#clock, target, mark, markTimeoutMs, signal);
    this.#pauseMs = cameBack() ? 1_000 : Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#nextLookMs = this.#clock.nowMs() + (cameBack() ? 0 : this.#pauseMs);
  }
}

function letIn(look: Look): void {
  const held = look.held ?? [];
  look.held = undefined;
  for (const newcomer of held) newcomer.start();
}
