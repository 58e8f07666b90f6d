import type { Clock, Timer } from '../model/ports.js';
import type { Upstream } from '../pool/upstream.js';
import type { LoopMarks } from './loop-marks.js';

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

/** A session that nothing has been done for yet. */
export interface Newcomer {
  start(): void;
}

/** What is being seen of newcomers, since sessions of this upstream made it suspicious. */
interface Look {
  readonly upstream: Upstream;
  /** The first look found a loop: on a busy machine clients that came at once can seem to be one. */
  readonly isSecond: boolean;
  timer: Timer;
  /** Undefined: they are let in as they come. */
  held: Newcomer[] | undefined;
  firstMs: number;
  early: number;
  late: number;
  /** How many have come since those held were let in. */
  returned: number;
}

/**
 * Finds loops that lead through other processes, which no address shows. In a loop nobody answers,
 * and a session comes in only because one has been dialed. So when many sessions wait for a first
 * answer, newcomers are held for a moment. Clients keep coming meanwhile, or have all come; a loop
 * stands still, and goes on when they are let in. Twice in a row so, and their upstream is asked by
 * a mark. The first answer ends all this. Where clients come, upstreams see nothing of it but, where
 * they leave many unanswered, a mark now and then. Costs a counter a session.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #marks: LoopMarks;
  #unanswered = 0;
  #threshold = firstThreshold;
  #halveFromMs = 0;
  #look: Look | undefined;

  constructor(clock: Clock, marks: LoopMarks) {
    this.#clock = clock;
    this.#marks = marks;
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
    if (this.#unanswered < this.#threshold || this.#look) return;
    if (this.#marks.mayAsk(upstream)) this.#begin(upstream, false);
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
    this.#marks.destroy();
  }

  #countDown(): void {
    this.#unanswered -= 1;
    if (this.#threshold === firstThreshold || this.#unanswered > this.#threshold / 4) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#halveFromMs) return;
    this.#halveFromMs = nowMs + halveEveryMs;
    this.#threshold = Math.max(firstThreshold, this.#threshold / 2);
  }

  #begin(upstream: Upstream, isSecond: boolean): void {
    const timer = this.#clock.setTimer(holdMs, () => this.#letInAndAwait(look));
    const look: Look = {
      ...{ upstream, isSecond, timer, held: [] },
      ...{ firstMs: 0, early: 0, late: 0, returned: 0 },
    };
    this.#look = look;
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
    if (this.#unanswered < this.#threshold) return;
    if (look.isSecond) void this.#marks.ask(look.upstream);
    else this.#begin(look.upstream, true);
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
}

function start(look: Look): void {
  const held = look.held ?? [];
  look.held = undefined;
  for (const newcomer of held) newcomer.start();
}
