import { sumCounters } from '../model/counters.js';
import type { Clock } from '../model/ports.js';
import type { DepartedView, UpstreamCounters } from '../model/views.js';

/** Longer than anybody waits between two looks at the metrics. */
const keptMs = 300_000;

const mostKept = 1_000;

interface Record {
  readonly counters: UpstreamCounters;
  readonly goneAtMs: number;
}

/**
 * The last counts of endpoints that are gone: without them nobody would learn how their last
 * sessions ended. Where the endpoint comes back they are kept on, as a counter must not shrink.
 */
export class Departed {
  readonly #clock: Clock;
  /** By key, the latest last. */
  readonly #records = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string, counters: UpstreamCounters): void {
    if (counters.sessionsOpened + counters.dialFailures + counters.ejections === 0) return;
    const before = this.#records.get(key);
    this.#records.delete(key);
    this.#records.set(key, {
      counters: before ? sumCounters(before.counters, counters) : counters,
      goneAtMs: this.#clock.nowMs(),
    });
    if (this.#records.size <= mostKept) return;
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }

  /** @param isBack whether an upstream of this key is there now. */
  views(isBack: (key: string) => boolean): readonly DepartedView[] {
    const longAgoMs = this.#clock.nowMs() - keptMs;
    for (const [key, { goneAtMs }] of this.#records) {
      if (goneAtMs < longAgoMs && !isBack(key)) this.#records.delete(key);
    }
    return [...this.#records].map(([endpoint, { counters }]) => ({ endpoint, counters }));
  }
}
