const everyMs = 10_000;

/** What may happen thousands of times a second and is told at most once in ten seconds. */
export class Seldom {
  #toldAtMs = -Infinity;

  /** Whether to tell it now. */
  isDue(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < everyMs) return false;
    this.#toldAtMs = nowMs;
    return true;
  }
}
