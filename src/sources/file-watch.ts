import { basename, dirname } from 'node:path';

import { watch, type FSWatcher } from 'chokidar';

import type { Clock } from '../model/ports.js';

import type { WatchPoint } from './file-points.js';
import { sleep } from './file-sleep.js';

export interface FolderWatchesOptions {
  readonly clock: Clock;
  /** Something may have changed; says neither what nor whether. */
  readonly lookAgain: () => void;
  /** The system does not let a folder be watched. */
  readonly failed: (folder: string, error: unknown) => void;
}

/**
 * Watches the folders that decide what a path leads to. chokidar on the file itself misses a
 * ConfigMap swap, and a parent that is missing or replaced; on the folders it tells of all of them,
 * if raw renames are listened to as well and the watch moves when the folders do.
 */
export class FolderWatches {
  readonly #options: FolderWatchesOptions;
  readonly #watches = new Map<string, FSWatcher>();

  constructor(options: FolderWatchesOptions) {
    this.#options = options;
  }

  /**
   * Watches these folders and no others. Resolves when the watches are in force, to whether any of
   * them is new: what happened before that has not been told.
   */
  async follow(points: readonly WatchPoint[]): Promise<boolean> {
    const wanted = new Map(points.map((point) => [keyOf(point), point]));
    await this.#closeAllBut(wanted);
    const added = [...wanted].filter(([key]) => !this.#watches.has(key));
    await Promise.all(added.map(([key, point]) => this.#watch(key, point)));
    return added.length > 0;
  }

  /** Idempotent; another `follow` may come after it. */
  async close(): Promise<void> {
    await this.#closeAllBut(new Map());
  }

  async #closeAllBut(wanted: ReadonlyMap<string, WatchPoint>): Promise<void> {
    const left = [...this.#watches].filter(([key]) => !wanted.has(key));
    for (const [key] of left) this.#watches.delete(key);
    await Promise.all(left.map(([, watcher]) => watcher.close()));
  }

  async #watch(key: string, point: WatchPoint): Promise<void> {
    const watcher = watchFolder(point);
    this.#watches.set(key, watcher);
    watcher.on('all', () => this.#options.lookAgain());
    watcher.on('raw', (_event, name) => this.#heard(name, key, point));
    const inForce = new Promise<void>((resolve) => {
      watcher.on('ready', resolve);
      watcher.on('error', (error) => {
        this.#options.failed(point.folder, error);
        resolve();
      });
    });
    await this.#bounded(inForce);
  }

  /** `name` is an entry's, the folder's own, or missing where the system does not know. */
  #heard(name: unknown, key: string, { folder, entries }: WatchPoint): void {
    const isFolder = name === basename(folder);
    // A folder tells its removal or move under its own name; the watch is dead after that.
    if (isFolder) this.#drop(key);
    if (isFolder || typeof name !== 'string' || entries.has(name)) this.#options.lookAgain();
  }

  #drop(key: string): void {
    const watcher = this.#watches.get(key);
    this.#watches.delete(key);
    void watcher?.close();
  }

  /** A folder that cannot be listed may keep chokidar from ever being ready. */
  async #bounded(work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const limit = sleep(this.#options.clock, longestArmingMs, done.signal);
    await Promise.race([work, limit]);
    done.abort();
  }
}

const longestArmingMs = 1_000;

function watchFolder({ folder, entries }: WatchPoint): FSWatcher {
  return watch(folder, {
    depth: 0,
    followSymlinks: false,
    ignoreInitial: true,
    ignored: (path) =>
      path !== folder && !(dirname(path) === folder && entries.has(basename(path))),
  });
}

function keyOf({ folder, identity, entries }: WatchPoint): string {
  return JSON.stringify([folder, identity, ...[...entries].sort()]);
}
