import { performance } from 'node:perf_hooks';

import type { Clock } from '../model/ports.js';
import type { Poller } from './poller.js';
import { Timers } from './timers.js';

/** While something of Node's own is waited for, its event loop gets a turn this often. */
const attendedMs = 1;

/** The longest wait: a fault that loses a wake-up costs no more than this. */
const longestWaitMs = 1_000;

/**
 * The loop of a thread that waits in epoll_wait(2) and nowhere else. A round takes what the kernel has to
 * tell, runs the timers that are due, and then lets Node's own event loop have a turn, which runs
 * promises and takes messages from other threads. Those ring the doorbell, as nothing else ends the wait.
 */
export class Loop {
  readonly clock: Clock;
  readonly #poller: Poller;
  readonly #timers = new Timers();
  /** What is to be done before the next wait. */
  #soon: (() => void)[] = [];
  /** As libuv does it: of when the latest wait was over. */
  #nowMs = performance.now();
  #attended = 0;
  #isStopped = false;

  constructor(poller: Poller) {
    this.#poller = poller;
    this.clock = {
      nowMs: () => this.#nowMs,
      wallMs: () => Date.now(),
      setTimer: (delayMs, callback) => this.#timers.start(performance.now() + delayMs, callback),
    };
  }

  /** Not before Node's event loop has had a turn: something may be there already. */
  start(): void {
    setImmediate(() => setImmediate(this.#round));
  }

  /** The round under way is the last. Idempotent. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Runs `work` before the next wait. */
  readonly soon = (work: () => void): void => {
    this.#soon.push(work);
  };

  /** Resolves in the next round. */
  readonly breathe = (): Promise<void> => new Promise((resolve) => this.soon(resolve));

  /** While `work` is under way, what Node itself does for it (look-ups, files) is not kept waiting. */
  async attend<T>(work: Promise<T>): Promise<T> {
    this.#attended += 1;
    try {
      return await work;
    } finally {
      this.#attended -= 1;
    }
  }

  readonly #round = (): void => {
    const hasRun = this.#runSoon();
    if (this.#isStopped) return;
    const waitMs = hasRun ? 0 : this.#waitMs(); // promises may go on after what has run
    this.#poller.turn(waitMs, this.#waited);
    this.#waited();
    this.#timers.run(this.#nowMs);
    this.#runSoon();
    setImmediate(this.#round);
  };

  readonly #waited = (): void => {
    this.#nowMs = performance.now();
  };

  #waitMs(): number {
    const most = this.#attended > 0 ? attendedMs : longestWaitMs;
    const { nextMs = Infinity } = this.#timers;
    return Math.max(0, Math.min(most, Math.ceil(nextMs - performance.now())));
  }

  /** Whether there was anything. */
  #runSoon(): boolean {
    const work = this.#soon;
    this.#soon = [];
    for (const run of work) run();
    return work.length > 0;
  }
}
