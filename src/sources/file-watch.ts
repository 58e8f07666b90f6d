import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

import { watch as watchFile } from 'chokidar';

import type { Clock } from '../model/ports.js';

import type { FoundFile, WatchPoint } from './file-points.js';
import { sleep } from './file-sleep.js';

export interface PathWatchesOptions {
  readonly clock: Clock;
  /** Something may have changed; says neither what nor whether. */
  readonly lookAgain: () => void;
  /** The system does not let this folder, or the file in it, be watched. */
  readonly failed: (folder: string, error: unknown) => void;
}

/**
 * Watches the folders that decide what a path leads to, and the file itself. The folders tell of
 * renames and removals; each of their events is held against a few names and costs no more than
 * that, because other files of a folder may change all the time. The file, watched by chokidar,
 * tells of writes that come by another name: through a hard link, or to the source of a bind mount.
 */
export class PathWatches {
  readonly #options: PathWatchesOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: PathWatchesOptions) {
    this.#options = options;
  }

  /**
   * Watches these and no others. Resolves when the watches are in force, to whether any of them is
   * new: what happened before that has not been told.
   */
  async follow(folders: readonly WatchPoint[], file: FoundFile | undefined): Promise<boolean> {
    const wanted = new Map<string, (key: string) => Promise<void> | void>();
    for (const point of folders) wanted.set(keyOf(point), (key) => this.#watchFolder(key, point));
    if (file) wanted.set(`${file.identity} ${file.path}`, (key) => this.#watchFile(key, file.path));
    await this.#closeAllBut(wanted);
    const added = [...wanted].filter(([key]) => !this.#watches.has(key));
    await Promise.all(added.map(async ([key, begin]) => begin(key)));
    return added.length > 0;
  }

  /** Idempotent; another `follow` may come after it. */
  async close(): Promise<void> {
    await this.#closeAllBut(new Map());
  }

  async #closeAllBut(wanted: ReadonlyMap<string, unknown>): Promise<void> {
    const left = [...this.#watches].filter(([key]) => !wanted.has(key));
    for (const [key] of left) this.#watches.delete(key);
    await Promise.all(left.map(async ([, watcher]) => watcher.close()));
  }

  #watchFolder(key: string, point: WatchPoint): void {
    const failed = (error: unknown): void => this.#options.failed(point.folder, error);
    try {
      const watcher = watch(point.folder, (_event, name) => this.#heard(name, key, point));
      watcher.on('error', failed);
      this.#watches.set(key, watcher);
    } catch (error) {
      failed(error);
      // It is tried again once the folder is another one; until then the poll has to do.
      this.#watches.set(key, { close: () => undefined });
    }
  }

  /** `name` is an entry's, the folder's own, or missing where the system does not know. */
  #heard(name: string | null, key: string, { folder, entries }: WatchPoint): void {
    const isFolder = name === basename(folder);
    // A folder tells its removal or move under its own name; the watch is dead after that.
    if (isFolder) this.#drop(key);
    if (isFolder || name === null || entries.has(name)) this.#options.lookAgain();
  }

  #drop(key: string): void {
    const watcher = this.#watches.get(key);
    this.#watches.delete(key);
    void watcher?.close();
  }

  /** Resolves when the watch is in force; chokidar may never say so of a file that goes away. */
  async #watchFile(key: string, path: string): Promise<void> {
    const watcher = watchFile(path, {
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (other) => other !== path, // it would list the folder once the file is gone
    });
    this.#watches.set(key, watcher);
    watcher.on('raw', () => this.#options.lookAgain());
    const inForce = new Promise<void>((resolve) => {
      watcher.on('ready', resolve);
      watcher.on('error', (error) => {
        this.#options.failed(dirname(path), error);
        resolve();
      });
    });
    const done = new AbortController();
    await Promise.race([inForce, sleep(this.#options.clock, longestArmingMs, done.signal)]);
    done.abort();
  }
}

interface Watch {
  close(): Promise<void> | void;
}

const longestArmingMs = 1_000;

function keyOf({ folder, identity, entries }: WatchPoint): string {
  return JSON.stringify([folder, identity, ...[...entries].sort()]);
}
