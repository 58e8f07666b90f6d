import { findFile, watchPoints } from './file-points.js';
import { BindMount, type MountedFile } from './file-mount.js';
import { fileState, readExactly, type FileState, type ReadAttempt } from './file-read.js';
import { PathWatches, type PathWatchesOptions } from './file-watch.js';

/** What a file source asks of the file system. */
export interface Disk {
  /** What the path leads to now; symbolic links are followed. Never rejects. */
  state(path: string): Promise<FileState>;
  /** The bytes of the file that had this signature; of one that is open for writing only if `evenOpen`. Never rejects. */
  read(path: string, signature: string, evenOpen: boolean): Promise<ReadAttempt>;
  /** What the path leads to, as a mount of its own. */
  mounted(path: string): MountedFile;
  /** Nothing is watched before `follow`. */
  watch(path: string, options: PathWatchesOptions): PathWatch;
}

/** Tells when what a path leads to may have changed. */
export interface PathWatch {
  /**
   * Watches what decides where the path leads now. Resolves when that is in force, to whether any
   * of it is new: what happened before has not been told.
   */
  follow(): Promise<boolean>;
  /** Idempotent; another `follow` may come after it. */
  close(): Promise<void>;
}

/** The production disk. */
export const systemDisk: Disk = {
  state: fileState,
  read: readExactly,
  mounted: (path) => new BindMount(path),
  watch: (path, options) => {
    const watches = new PathWatches(options);
    return {
      follow: async () => watches.follow(await watchPoints(path), await findFile(path)),
      close: () => watches.close(),
    };
  },
};
