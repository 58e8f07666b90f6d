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

  async #watch(key: string, { folder, entries }: WatchPoint): Promise<void> {
    const watcher = watch(folder, {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (path) => path !== folder && !isEntry(path, folder, entries),
    });
    this.#watches.set(key, watcher);
    watcher.on('all', () => this.#options.lookAgain());
    watcher.on('raw', (_event, name) => {
      // A folder tells its own removal or move under its own name; the watch is dead after that.
      if (name === basename(folder)) this.#drop(key, watcher);
      else if (typeof name === 'string' && !entries.has(name)) return;
      this.#options.lookAgain();
    });
    const inForce = new Promise<void>((resolve) => {
      watcher.on('ready', resolve);
      watcher.on('error', (error) => {
        this.#options.failed(folder, error);
        resolve();
      });
    });
    await this.#bounded(inForce);
  }

  #drop(key: string, watcher: FSWatcher): void {
    if (this.#watches.get(key) !== watcher) return;
    this.#watches.delete(key);
    void watcher.close();
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

function keyOf({ folder, identity, entries }: WatchPoint): string {
  return JSON.stringify([folder, identity, ...[...entries].sort()]);
}

function isEntry(path: string, folder: string, entries: ReadonlySet<string>): boolean {
  return dirname(path) === folder && entries.has(basename(path));
}
