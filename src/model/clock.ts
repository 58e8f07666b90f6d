import { performance } from 'node:perf_hooks';

import type { Clock } from './ports.js';

/** The production clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timeout = setTimeout(callback, Math.min(delayMs, longestTimeoutMs));
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** setTimeout fires at once beyond this; nothing here waits for 24 days. */
const longestTimeoutMs = 2 ** 31 - 1;
