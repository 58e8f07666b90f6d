import { randomBytes } from 'node:crypto';

import type { Clock, Timer } from '../model/ports.js';
import type { SendMark } from '../pool/probe-loop.js';
import type { ProbeTarget } from '../pool/probe-result.js';
import { probeTargets, type Upstream } from '../pool/upstream.js';
import type { LoopGuard } from './loop-guard.js';

/** So many sessions that wait for their first answer are suspicious, at first. */
const firstThreshold = 16;

/** How long newcomers are held at most. */
const holdMs = 20;

/** Newcomers that come within this time of the first one held are early ones. */
const earlyMs = holdMs / 2;

/** How long it is awaited that as many come again. */
const returnMs = 1_000;

/** The threshold falls no oftener: where many clients come and go, few are held. */
const halveEveryMs = 1_000;

/** How long a mark may take to come round. */
const markTimeoutMs = 1_000;

/** Marks that did not come back are repeated ever more seldom, up to this. */
const longestPauseMs = 10_000;

/** A session that nothing has been done for yet. */
export interface Newcomer {
  start(): void;
}

/** What is being seen of newcomers, since sessions of this upstream made it suspicious. */
interface Look {
  readonly upstream: Upstream;
  timer: Timer;
  /** Undefined: they are let in as they come. */
  held: Newcomer[] | undefined;
  firstMs: number;
  early: number;
  late: number;
  /** How many have come since those held were let in. */
  returned: number;
}

/** Until when no mark goes to an upstream, as one has not come back. */
interface Pause {
  readonly upstream: Upstream;
  readonly durationMs: number;
  readonly untilMs: number;
}

/**
 * Finds loops that lead through other processes, which no address shows. In a loop nobody answers,
 * and a session comes in only because one has been dialed. So when many sessions wait for a first
 * answer, newcomers are held for a moment. Clients keep coming meanwhile, or have all come; a loop
 * stands still, and goes on when they are let in. Then a request with a mark goes to their upstream,
 * and the listeners look out for it. The first answer ends all this. Where clients come, upstreams
 * see nothing of it but, where they leave many unanswered, a mark now and then. Costs a counter a
 * session.
 */
export class LoopWatch {
  readonly #loops: LoopGuard;
  readonly #clock: Clock;
  readonly #send: SendMark;
  readonly #onLoop: (upstream: Upstream) => void;
  readonly #closing = new AbortController();
  #unanswered = 0;
  #threshold = firstThreshold;
  #halveFromMs = 0;
  #look: Look | undefined;
  #isMarkOut = false;
  #pause: Pause | undefined;

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
    if (look?.held) {
      this.#hold(look, look.held, newcomer);
      return;
    }
    newcomer.start();
    if (look) this.#returned(look);
  }

  /** A session has its upstream, and no answer yet. */
  opened(upstream: Upstream): void {
    this.#unanswered += 1;
    if (this.#unanswered < this.#threshold || this.#look || this.#isMarkOut) return;
    if (this.#pause?.upstream === upstream && this.#clock.nowMs() < this.#pause.untilMs) return;
    const timer = this.#clock.setTimer(holdMs, () => this.#letInAndAwait(look));
    const look: Look = {
      ...{ upstream, timer, held: [] },
      ...{ firstMs: 0, early: 0, late: 0, returned: 0 },
    };
    this.#look = look;
  }

  /** A session has its first answer: this is no loop. */
  answered(): void {
    this.#countDown();
    this.letIn();
  }

  /** A session has ended without an answer. */
  ended(): void {
    this.#countDown();
  }

  /** Takes all who are held for clients. */
  letIn(): void {
    if (this.#look) this.#acquit(this.#look);
  }

  destroy(): void {
    this.#look?.timer.cancel();
    this.#look = undefined;
    this.#closing.abort();
  }

  #countDown(): void {
    this.#unanswered -= 1;
    if (this.#threshold === firstThreshold || this.#unanswered > this.#threshold / 4) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#halveFromMs) return;
    this.#halveFromMs = nowMs + halveEveryMs;
    this.#threshold = Math.max(firstThreshold, this.#threshold / 2);
  }

  /** The first one sets the clock: a loop may be slow, and its turns come when they come. */
  #hold(look: Look, held: Newcomer[], newcomer: Newcomer): void {
    const nowMs = this.#clock.nowMs();
    if (held.length === 0) {
      look.firstMs = nowMs;
      look.timer.cancel();
      look.timer = this.#clock.setTimer(holdMs, () => this.#letInAndAwait(look));
    }
    held.push(newcomer);
    if (nowMs - look.firstMs < earlyMs) look.early += 1;
    else look.late += 1;
    if (look.late > 0 && look.late >= look.early / 4) this.#acquit(look);
  }

  /** Those let in are not counted yet; where enough others have left, nothing is suspicious. */
  #letInAndAwait(look: Look): void {
    look.timer = this.#clock.setTimer(returnMs, () => this.#acquit(look));
    start(look);
    if (this.#unanswered < this.#threshold) this.#end(look);
  }

  /** Where none were held, one is enough: the loop is a slow one. */
  #returned(look: Look): void {
    look.returned += 1;
    if (look.returned < look.early) return;
    this.#end(look);
    if (this.#unanswered >= this.#threshold) void this.#mark(look.upstream);
  }

  /** These are clients; if they are not, it shows at twice as many. */
  #acquit(look: Look): void {
    const crowd = this.#unanswered + (look.held?.length ?? 0);
    this.#threshold = 2 * Math.max(this.#threshold, crowd);
    this.#halveFromMs = this.#clock.nowMs() + halveEveryMs;
    this.#end(look);
    start(look);
  }

  #end(look: Look): void {
    look.timer.cancel();
    this.#look = undefined;
  }

  async #mark(upstream: Upstream): Promise<void> {
    const [target] = probeTargets(upstream);
    this.#isMarkOut = true;
    const isLoop = target !== undefined && (await this.#comesBack(target, upstream));
    this.#isMarkOut = false;
    const lastMs = this.#pause?.upstream === upstream ? this.#pause.durationMs : 1_000;
    const durationMs = Math.min(2 * lastMs, longestPauseMs);
    const untilMs = this.#clock.nowMs() + durationMs;
    this.#pause = isLoop ? undefined : { upstream, durationMs, untilMs };
  }

  async #comesBack(target: ProbeTarget, upstream: Upstream): Promise<boolean> {
    const mark = randomBytes(16).toString('hex');
    const cameBack = this.#loops.expect(mark, () => this.#onLoop(upstream));
    await this.#send(this.#clock, target, mark, markTimeoutMs, this.#closing.signal);
    return cameBack();
  }
}

function start(look: Look): void {
  const held = look.held ?? [];
  look.held = undefined;
  for (const newcomer of held) newcomer.start();
}
