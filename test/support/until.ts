import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** What is waited for, as the end of "waited in vain for …". */
  readonly what: string;
  /** Default 5,000. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/** Thrown by a condition that can never come true: waiting ends at once. */
export class Hopeless extends Error {}

/**
 * Waits until `condition` gives something truthy, and returns that.
 * Any other error thrown by the condition counts as "not yet"; it is the cause of the final one.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 5_000, everyMs = 10 }: UntilOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const attempt = await tried(condition);
    if (attempt.value) return attempt.value;
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: attempt.error });
    }
    await sleep(everyMs);
  }
}

async function tried<T>(
  condition: () => T | Promise<T>,
): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await condition() };
  } catch (error) {
    if (error instanceof Hopeless) throw error;
    return { error };
  }
}
