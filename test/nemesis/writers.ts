import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EtcdClient, Entry } from './client.js';

/** Below it stands all that writers write. */
export const writesPrefix = 'writes/';

/** Between two tries of one write. */
const retryMs = 50;

/**
 * Writes one key after the other, each until it is acknowledged. A repeated try writes the same
 * value to the same key, so it does no harm that the one before may have succeeded.
 */
export class Writer {
  /** Revisions by sequence number: what etcd has promised to keep. */
  readonly acknowledged: number[] = [];
  /** Tries without an answer. */
  failures = 0;
  /** Longest time from a write's first try to its acknowledgement. */
  longestMs = 0;
  readonly name: string;
  readonly #client: EtcdClient;
  readonly #pauseMs: number;

  constructor(name: string, client: EtcdClient, pauseMs: number) {
    this.name = name;
    this.#client = client;
    this.#pauseMs = pauseMs;
  }

  /** Until told to stop; a write that has begun is brought to its end. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#write(keyOf(this.name, this.acknowledged.length));
      await sleep(this.#pauseMs);
    }
  }

  async #write(key: string): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const revision = await this.#client.put(key, valueOf(key)).catch(() => undefined);
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
      if (revision !== undefined) {
        this.acknowledged.push(revision);
        return;
      }
      this.failures += 1;
      await sleep(retryMs);
    }
  }
}

export function keyOf(writer: string, sequence: number): string {
  return `${writesPrefix}${writer}/${String(sequence).padStart(8, '0')}`;
}

/** What is written to a key: nothing else may ever stand there. Most are short, a few 16 KiB. */
export function valueOf(key: string): string {
  const digest = createHash('sha256').update(key).digest();
  return digest.toString('hex').repeat(digest.readUInt16BE() % 200 === 0 ? 256 : 1);
}

/**
 * Compares what was acknowledged with what etcd has in the end.
 * @returns a sentence for each write that is lost, changed or invented.
 */
export function missingWrites(
  writers: readonly Pick<Writer, 'name' | 'acknowledged'>[],
  entries: readonly Entry[],
): string[] {
  const found = new Map(entries.map((entry) => [entry.key, entry]));
  const problems: string[] = [];
  for (const { name, acknowledged } of writers) {
    for (const [sequence, revision] of acknowledged.entries()) {
      const key = keyOf(name, sequence);
      problems.push(...judge(key, revision, found.get(key)));
      found.delete(key);
    }
  }
  return [...problems, ...[...found.keys()].map((key) => `${key} was never acknowledged whole`)];
}

/** A write that was repeated may stand there with a later or an earlier revision than was answered. */
function judge(key: string, revision: number, entry: Entry | undefined): string[] {
  if (entry === undefined) return [`${key}, acknowledged at revision ${revision}, is lost`];
  if (entry.value !== valueOf(key)) return [`${key} holds another value than was written`];
  if (revision >= entry.createRevision && revision <= entry.revision) return [];
  const stands = `${entry.createRevision} to ${entry.revision}`;
  return [`${key} was acknowledged at revision ${revision}, and etcd has it at ${stands}`];
}
