import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of one lane share its parallelism and time limit. */
export interface Lane {
  readonly parallel: number;
  readonly limitMs: number;
  /** Whether a busy machine can make its files fail. */
  readonly timed: boolean;
  readonly files: readonly string[];
}

/**
 * Real processes and clocks want the machine to themselves; pure tests do not, and fill what the
 * longest leave free. Folders run in this order.
 */
const lanes = [
  { folders: ['unit'], parallel: 4, limitMs: 60_000, timed: false },
  { folders: ['integration'], parallel: 2, limitMs: 120_000, timed: true },
  { folders: ['faults', 'peers'], parallel: 2, limitMs: 120_000, timed: true },
  { folders: ['e2e'], parallel: 2, limitMs: 240_000, timed: true },
  {
    folders: ['soak', 'nemesis', 'simulation', 'fuzz'],
    parallel: 2,
    limitMs: 360_000,
    timed: false,
  },
] as const;

/**
 * The test sources whose path has any of the words, by lane; all of them without a word.
 * Sources are listed, not compiled files: one whose source is gone must not run.
 * @throws when a test stands in a folder of no lane: it would never run.
 */
export async function discover(root: string, words: readonly string[]): Promise<Lane[]> {
  const all = await filesBelow(root, 'test', '.test.ts');
  const stray = all.filter((file) => !lanes.some((lane) => isIn(lane.folders, file)));
  if (stray.length > 0) throw new Error(`in no lane of discover.ts: ${stray.join(', ')}`);
  const files = all.filter((file) => words.length === 0 || words.some((w) => file.includes(w)));
  return lanes
    .map((lane) => ({
      ...lane,
      files: lane.folders.flatMap((folder) => files.filter((file) => isIn([folder], file))),
    }))
    .filter((lane) => lane.files.length > 0);
}

function isIn(folders: readonly string[], file: string): boolean {
  return folders.some((folder) => file.startsWith(`test/${folder}/`));
}

/** Paths from the root, sorted. */
export async function filesBelow(root: string, dir: string, suffix: string): Promise<string[]> {
  const entries = await readdir(join(root, dir), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Where `tsc` puts a source. */
export function compiled(source: string): string {
  return join('dist', source.replace(/\.ts$/, '.js'));
}

/** Whether a compiled module does nothing at run time: it only declared types. */
export async function isTypesOnly(root: string, source: string): Promise<boolean> {
  const code = await readFile(join(root, compiled(source)), 'utf8');
  const bare = code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return bare.trim() === 'export {};';
}
