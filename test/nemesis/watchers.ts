import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EtcdClient, WatchEvent } from './client.js';

/** etcd's first revision is 1, before anything was written. */
const firstRevision = 2;

/** Somebody always writes: a watcher that hears nothing for so long takes another session. */
const silenceMs = 3_000;

/** Judges a watch of all keys as it goes on: each revision comes once, whole and in order. */
export class RevisionLog {
  readonly problems: string[] = [];
  /** The latest revision. */
  last = firstRevision - 1;
  events = 0;
  readonly #digest = createHash('sha256');

  /** Takes one answer of etcd, which never splits a revision between two of them. */
  take(events: readonly WatchEvent[]): void {
    const before = this.last;
    for (const event of events) {
      const { revision } = event;
      const isNext = revision === this.last + 1;
      if (!isNext && (revision !== this.last || revision === before)) this.#report(revision);
      this.last = Math.max(this.last, revision);
      this.events += 1;
      this.#digest.update(JSON.stringify(event));
    }
  }

  /** Of all events so far; may be asked for once. */
  digest(): string {
    return this.#digest.digest('hex');
  }

  #report(revision: number): void {
    const what = revision > this.last ? 'a gap' : 'once more, or out of order';
    this.problems.push(`revision ${revision} after ${this.last}: ${what}`);
  }
}

/** Watches all keys, and goes on after the last revision seen when its session has ended. */
export class Watcher {
  readonly log = new RevisionLog();
  /** Sessions so far. */
  sessions = 0;
  longestSilenceMs = 0;
  readonly name: string;
  readonly #client: EtcdClient;
  readonly #observe: (event: WatchEvent) => void;
  #heardMs = performance.now();

  constructor(name: string, client: EtcdClient, observe: (event: WatchEvent) => void) {
    this.name = name;
    this.#client = client;
    this.#observe = observe;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.sessions += 1;
      await this.#watch(stop);
      await sleep(50);
    }
  }

  async #watch(stop: AbortSignal): Promise<void> {
    let isCurrent = true;
    let quietSinceMs = performance.now();
    const watching = this.#client.watch(this.log.last + 1, (events) => {
      if (!isCurrent) return; // left behind by a session that was given up
      quietSinceMs = performance.now();
      this.#take(events);
    });
    const look = setInterval(() => {
      if (stop.aborted || performance.now() - quietSinceMs > silenceMs) watching.cancel();
    }, 100);
    await watching.ended;
    isCurrent = false;
    clearInterval(look);
  }

  #take(events: readonly WatchEvent[]): void {
    const nowMs = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, nowMs - this.#heardMs);
    this.#heardMs = nowMs;
    this.log.take(events);
    for (const event of events) this.#observe(event);
  }
}
