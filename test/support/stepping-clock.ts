import { FakeClock } from './fake-clock.js';

/** A fake clock for code that waits for promises between its timers. */
export class SteppingClock extends FakeClock {
  /** As `advance`, but lets promises run on before, between and after the timers. */
  async run(ms: number): Promise<void> {
    const endMs = this.nowMs() + ms;
    for (;;) {
      await settle();
      const [nextMs = Infinity] = this.delaysMs;
      if (this.nowMs() + nextMs > endMs) break;
      this.advance(Math.max(0, nextMs));
    }
    this.advance(endMs - this.nowMs());
    await settle();
  }
}

/** Lets everything run that waits neither for time nor for input. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
