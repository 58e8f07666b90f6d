import { errorMessage } from '../../src/model/errors.js';
import type { Clock } from '../../src/model/ports.js';

/** Resolves after virtual time; rejects with the signal's reason as soon as that is aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(new Error('given up', { cause: errorMessage(signal.reason) }));
    };
    const timer = clock.setTimer(delayMs, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
