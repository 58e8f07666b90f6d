import type { Observer } from '../model/events.js';
import type { AppliedVerdict, RejectedVerdict, Verdict } from '../model/plan.js';
import type { ReconcileHistory } from './backend.js';

/** Remembers how the latest runs ended. It must be fed all events through `observe`. */
export class ReconcileLog {
  #last: Verdict | undefined;
  #lastApplied: AppliedVerdict | undefined;
  #lastRejected: RejectedVerdict | undefined;

  readonly observe: Observer = (event) => {
    if (event.type !== 'reconciled') return;
    this.#last = event.verdict;
    if (event.verdict.outcome === 'applied') this.#lastApplied = event.verdict;
    if (event.verdict.outcome === 'rejected') this.#lastRejected = event.verdict;
  };

  history(): ReconcileHistory {
    return {
      generation: this.#last?.generation ?? 0,
      last: this.#last,
      lastApplied: this.#lastApplied,
      lastRejected: this.#lastRejected,
    };
  }
}
