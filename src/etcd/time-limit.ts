import { GatewayError } from '../model/errors.js';
import type { Clock } from '../model/ports.js';

/**
 * Runs `work` with a signal that aborts after `limitMs` or with `outer`, whichever comes first.
 * `work` lets go of what it holds on the abort; the result does not wait for that.
 * @throws what `work` throws, GatewayError `timeout`, or the reason of `outer`.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const controller = new AbortController();
  const timer = clock.setTimer(limitMs, () => controller.abort(timedOut(limitMs)));
  const follow = (): void => controller.abort(outer.reason);
  outer.addEventListener('abort', follow);
  try {
    return await Promise.race([work(controller.signal), aborted(controller.signal)]);
  } finally {
    timer.cancel();
    outer.removeEventListener('abort', follow);
  }
}

/** The reason to abort with when the owner closes. */
export function closing(): GatewayError {
  return new GatewayError('closing', { code: 'closing', side: 'system' });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

function timedOut(limitMs: number): GatewayError {
  return new GatewayError(`no answer within ${limitMs} ms`, {
    code: 'timeout',
    side: 'endpoint',
  });
}
