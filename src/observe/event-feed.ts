import type { GatewayEvent, Observer } from '../model/events.js';
import type { Clock } from '../model/ports.js';

/** An event as the stream tells it. */
export interface FeedItem {
  /** Unique over restarts; later items of one process have higher numbers after the dash. */
  readonly id: string;
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly event: GatewayEvent;
}

export type FeedListener = (item: FeedItem) => void;

const keptItems = 256;

/** The events worth a person's attention: the latest are kept, all are passed on. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #listeners = new Set<FeedListener>();
  readonly #kept: FeedItem[] = [];
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#epoch = Math.floor(clock.wallMs()).toString(36);
  }

  readonly observe: Observer = (event) => {
    if (!isTold(event)) return;
    this.#count += 1;
    const item = { id: `${this.#epoch}-${this.#count}`, atMs: this.#clock.wallMs(), event };
    this.#kept.push(item);
    if (this.#kept.length > keptItems) this.#kept.shift();
    for (const listener of this.#listeners) listener(item);
  };

  /** What is kept and came after that id: everything if the id is unknown, as after a restart. */
  since(id: string | undefined): readonly FeedItem[] {
    const index = this.#kept.findIndex((item) => item.id === id);
    return this.#kept.slice(index + 1);
  }

  /** Calls for each further item; returns how to end that. */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Changes of state only: what happens once a session, dial, check or query is for the metrics. */
function isTold(event: GatewayEvent): boolean {
  switch (event.type) {
    case 'reconciled':
      return event.verdict.outcome !== 'unchanged';
    case 'notice':
      return event.level !== 'debug';
    case 'dial-connected':
    case 'dial-failed':
    case 'session-closed':
    case 'client-refused':
    case 'health-checked':
    case 'dns-queried':
      return false;
    default:
      return true;
  }
}
