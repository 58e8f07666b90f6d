import { performance } from 'node:perf_hooks';

import type { Clock, Timer } from './ports.js';

/** The production clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => new SystemTimer(Math.min(delayMs, longestTimeoutMs), callback),
};

/** setTimeout fires at once beyond this; nothing here waits for 24 days. */
const longestTimeoutMs = 2 ** 31 - 1;

/** A timer that is later than this says that the process was held up. */
const heldUpMs = 50;

/**
 * A process that was held up (stopped, or without a processor) finds its timers due and its input
 * unread, and Node runs the timers first: what had come in time would count as missing. So a timer that
 * is much too late lets what has come in be read before it calls.
 */
class SystemTimer implements Timer {
  readonly #dueMs: number;
  readonly #callback: () => void;
  readonly #timeout: NodeJS.Timeout;
  #immediate: NodeJS.Immediate | undefined;

  constructor(delayMs: number, callback: () => void) {
    this.#dueMs = performance.now() + delayMs;
    this.#callback = callback;
    this.#timeout = setTimeout(() => this.#isDue(), delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  #isDue(): void {
    if (performance.now() - this.#dueMs < heldUpMs) this.#callback();
    else this.#immediate = setImmediate(this.#callback); // after the loop's turn to read
  }
}
