import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { compiled, filesBelow, isTypesOnly } from './discover.js';

/** Percent of the whole of `src`. */
export const thresholds = { lines: 90, branches: 85 };

/** Where the processes of the tests leave what they have executed. */
export function coverageDir(root: string): string {
  return join(root, 'coverage', 'raw');
}

interface Measure {
  readonly pct: number;
}

/**
 * Reports over all of `src`, also over what no test has loaded.
 * @returns what is below the thresholds, as sentences.
 */
export async function reportCoverage(root: string): Promise<string[]> {
  await runC8(root, await leftOut(root));
  const file = join(root, 'coverage', 'coverage-summary.json');
  const summary = JSON.parse(await readFile(file, 'utf8')) as Record<
    string,
    Record<keyof typeof thresholds, Measure>
  >;
  const { total } = summary;
  if (total === undefined) throw new Error(`${file} has no totals`);
  return (['lines', 'branches'] as const)
    .filter((kind) => !(total[kind].pct >= thresholds[kind]))
    .map((kind) => `coverage of ${kind} is ${total[kind].pct} %, below ${thresholds[kind]} %`);
}

/** Runs in a browser, where its tests look at what it shows; it has no compiled file here. */
const browserCode = join('src', 'observe', 'page');

/**
 * Compiled files that say nothing about the tests: generated data, modules of nothing but types
 * (erased imports never load them), and left-overs of sources that are gone.
 */
async function leftOut(root: string): Promise<string[]> {
  const sources = (await filesBelow(root, 'src', '.ts')).filter(
    (file) => !file.endsWith('.d.ts') && !file.startsWith(browserCode),
  );
  const expected = new Set(sources.map(compiled));
  const stale = (await filesBelow(root, 'dist/src', '.js')).filter((file) => !expected.has(file));
  const typesOnly = await Promise.all(
    sources.map(async (source) => ((await isTypesOnly(root, source)) ? [compiled(source)] : [])),
  );
  return ['dist/src/**/*.generated.js', ...stale, ...typesOnly.flat()];
}

async function runC8(root: string, exclude: readonly string[]): Promise<void> {
  const flags = [
    'report',
    '--all',
    '--merge-async',
    '--src=dist/src',
    '--include=dist/src/**/*.js',
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    `--temp-directory=${coverageDir(root)}`,
    `--reports-dir=${join(root, 'coverage')}`,
    '--reporter=text-summary',
    '--reporter=json-summary',
    '--reporter=html',
  ];
  const child = spawn(process.execPath, [join(root, 'node_modules/c8/bin/c8.js'), ...flags], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`c8 failed with exit code ${String(code)}`);
}
