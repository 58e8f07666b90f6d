import type { BigIntStats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** A folder with those of its entries that decide what a path leads to. */
export interface WatchPoint {
  /** Without symbolic links. */
  readonly folder: string;
  /** Differs for a folder that was replaced by another of the same name. */
  readonly identity: string;
  readonly entries: ReadonlySet<string>;
}

/**
 * The folders to watch for a change of what `path` leads to: the file's own, that of each symbolic
 * link on the way (a ConfigMap's `..data`, a parent that is a link), and where the path breaks off,
 * the nearest folder that exists. `path` is absolute. Never rejects.
 */
export async function watchPoints(path: string): Promise<readonly WatchPoint[]> {
  const entries = new Map<string, Set<string>>();
  for (const step of await decidingEntries(path)) {
    const known = entries.get(step.folder);
    if (known) known.add(step.entry);
    else entries.set(step.folder, new Set([step.entry]));
  }
  return Promise.all(
    [...entries].map(async ([folder, names]) => ({
      folder,
      identity: await identityOf(folder),
      entries: names,
    })),
  );
}

/** The file that a path leads to. */
export interface FoundFile {
  /** Without symbolic links. */
  readonly path: string;
  /** Differs for a file that took the place of another. */
  readonly identity: string;
}

/** Undefined: the path leads to no regular file at present. Never rejects. */
export async function findFile(path: string): Promise<FoundFile | undefined> {
  try {
    const real = await realpath(path);
    const stats = await stat(real, { bigint: true });
    return stats.isFile() ? { path: real, identity: inodeOf(stats) } : undefined;
  } catch {
    return undefined; // who reads the path says why
  }
}

interface Step {
  readonly folder: string;
  readonly entry: string;
}

/** As many as the kernel follows before it says ELOOP. */
const longestChain = 40;

async function decidingEntries(path: string): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const rest = parts(path);
  let folder = '/';
  for (let entry = rest.shift(); entry !== undefined; entry = rest.shift()) {
    const full = join(folder, entry);
    const stats = await lstat(full).catch(() => undefined);
    if (stats?.isDirectory() && (rest.length > 0 || entry === '..')) {
      folder = full;
      continue;
    }
    steps.push({ folder, entry });
    const target = stats?.isSymbolicLink() ? await linkTarget(full) : undefined;
    if (target === undefined || steps.length > longestChain) break;
    rest.unshift(...parts(target));
    if (isAbsolute(target)) folder = '/';
  }
  return steps;
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Undefined for a link that went away just now; looking again will tell. */
function linkTarget(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}

async function identityOf(folder: string): Promise<string> {
  const stats: BigIntStats | undefined = await stat(folder, { bigint: true }).catch(
    () => undefined,
  );
  return stats ? inodeOf(stats) : 'gone';
}

/** Inode numbers are given again at once: the time of birth tells an inode from its successor. */
function inodeOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}
