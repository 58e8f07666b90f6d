import type { GatewayEvent, Observer } from '../../model/events.js';
import type { Verdict } from '../../model/plan.js';
import type { Clock } from '../../model/ports.js';
import { ToldOnce } from '../log/told.js';

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

/** The events worth a person's attention, each change once: the latest are kept, all are passed on. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #listeners = new Set<FeedListener>();
  readonly #kept: FeedItem[] = [];
  /** How those stand that say so again and again. */
  readonly #standing = new ToldOnce();
  #characters = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#epoch = Math.floor(clock.wallMs()).toString(36);
  }

  readonly observe: Observer = (event) => {
    if (!isTold(event) || this.#isRepeat(event)) return;
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

  /** A discovery, target or name that stands as it did. */
  #isRepeat(event: GatewayEvent): boolean {
    switch (event.type) {
      case 'reconciled':
        return this.#isStillRefused(event.verdict);
      case 'source-failed':
        return !this.#standing.isNews(sourceKey(event), `failed: ${event.reason}`);
      case 'source-answered':
        for (const target of event.endpoints) this.#standing.forget(targetKey(event, target));
        return !this.#standing.isNews(sourceKey(event), event.endpoints.join());
      case 'target-refused':
        return !this.#standing.isNews(targetKey(event, event.target), event.reason);
      case 'host-failed':
        return !this.#standing.isNews(`host ${event.host}`, `failed: ${event.reason}`);
      case 'host-resolved':
        return !this.#standing.isNews(`host ${event.host}`, event.addresses.join());
      default:
        return false;
    }
  }

  /** Each run of a discovery refuses a wrong file again. */
  #isStillRefused(verdict: Verdict): boolean {
    if (verdict.outcome !== 'rejected') return false;
    const { source, reason, problems, asked } = verdict;
    const content = JSON.stringify([verdict.generation, source, reason, problems]);
    return !this.#standing.isNews('configuration', content) && !asked;
  }

  #keep(item: FeedItem): void {
    this.#kept.push(item);
    this.#characters += item.data.length;
    while (this.#kept.length > mostItems || this.#characters > mostCharacters) {
      this.#characters -= this.#kept.shift()?.data.length ?? 0;
    }
  }
}

interface OfSource {
  readonly gateway: string;
  readonly source: string;
}

function sourceKey({ gateway, source }: OfSource): string {
  return `source ${gateway} ${source}`;
}

function targetKey({ gateway, source }: OfSource, target: string): string {
  return `target ${gateway} ${source} ${target}`;
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
