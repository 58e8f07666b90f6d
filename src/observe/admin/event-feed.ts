import type { GatewayEvent, Observer } from '../../model/events.js';
import type { Clock } from '../../model/ports.js';

/** An event as the stream tells it. */
export interface FeedItem {
  /** Unique over restarts; later items of one process have higher numbers after the dash. */
  readonly id: string;
  readonly type: GatewayEvent['type'];
  /** JSON of the event with its id and `atMs`, its time on the wall clock. */
  readonly data: string;
}

export type FeedListener = (item: FeedItem) => void;

const mostItems = 256;
const mostCharacters = 512 * 1024;
/** Longer lists in an event, as the endpoints that a large plan adds, are cut. */
const longestList = 500;

/** The events worth a person's attention: the latest are kept, all are passed on. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #listeners = new Set<FeedListener>();
  readonly #kept: FeedItem[] = [];
  #characters = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#epoch = Math.floor(clock.wallMs()).toString(36);
  }

  readonly observe: Observer = (event) => {
    if (!isTold(event)) return;
    this.#count += 1;
    const id = `${this.#epoch}-${this.#count}`;
    const data = JSON.stringify({ id, atMs: this.#clock.wallMs(), ...event }, cutList);
    const item = { id, type: event.type, data };
    this.#keep(item);
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

  #keep(item: FeedItem): void {
    this.#kept.push(item);
    this.#characters += item.data.length;
    while (this.#kept.length > mostItems || this.#characters > mostCharacters) {
      this.#characters -= this.#kept.shift()?.data.length ?? 0;
    }
  }
}

function cutList(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= longestList) return value;
  const rest = `… and ${value.length - longestList} more`;
  return [...(value as readonly unknown[]).slice(0, longestList), rest];
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
