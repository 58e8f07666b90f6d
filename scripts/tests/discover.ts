import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of one lane share its parallelism and time limit. */
export interface Lane {
  readonly name: string;
  readonly parallel: number;
  readonly limitMs: number;
  readonly files: readonly string[];
}

/** Real processes and clocks want the machine to themselves; pure tests do not. */
const lanes = [
  { name: 'unit', parallel: 4, limitMs: 60_000 },
  { name: 'integration', parallel: 2, limitMs: 120_000 },
  { name: 'faults', parallel: 2, limitMs: 120_000 },
  { name: 'peers', parallel: 2, limitMs: 120_000 },
  { name: 'e2e', parallel: 1, limitMs: 240_000 },
] as const;

/**
 * The test sources whose path has any of the words, by lane; all of them without a word.
 * Sources are listed, not compiled files: one whose source is gone must not run.
 */
export async function discover(root: string, words: readonly string[]): Promise<Lane[]> {
  const all = await filesBelow(root, 'test', '.test.ts');
  const files = all.filter((file) => words.length === 0 || words.some((w) => file.includes(w)));
  return lanes
    .map((lane) => ({ ...lane, files: files.filter((f) => f.startsWith(`test/${lane.name}/`)) }))
    .filter((lane) => lane.files.length > 0);
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
