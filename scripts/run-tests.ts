/**
 * Runs the compiled tests: `run-tests.js [--no-coverage] [--no-check] [--fallback] [WORD…]`.
 * A word chooses the files that have it in their path; then only their results count, and neither
 * the checks run nor the coverage is enforced. With `--fallback` they run on a Node that keeps what
 * lies below `net.Socket` to itself, as do the programs that they start. Exit 0: all passed; 1: something failed.
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { fastChecks, runChecks } from './check.js';
import { coverageDir, reportCoverage } from './tests/coverage.js';
import { compiled, discover, type Lane } from './tests/discover.js';
import { addUp, formatFile, formatTotals } from './tests/print.js';
import { runFile, type FileResult } from './tests/run-file.js';

const root = process.cwd();

/** A machine under load needs a moment to write its coverage; an open socket stays for ever. */
const graceMs = 5_000;

async function main(): Promise<void> {
  const { values, positionals: words } = parseArgs({
    allowPositionals: true,
    options: {
      'no-coverage': { type: 'boolean' },
      'no-check': { type: 'boolean' },
      fallback: { type: 'boolean' },
    },
  });
  const whole = words.length === 0;
  const measured = whole && values['no-coverage'] !== true;
  const broken = whole && values['no-check'] !== true ? await runChecks(fastChecks, root) : [];
  if (measured) await emptyCoverage();
  const env = {
    ...process.env,
    ...(measured && { NODE_V8_COVERAGE: coverageDir(root) }),
    ...(values.fallback === true && { NODE_OPTIONS: withoutHandles() }),
  };
  const results = await runLanes(await discover(root, words), env);
  const missed = measured ? await reportCoverage(root) : [];
  conclude(results, [...broken, ...missed]);
}

function withoutHandles(): string {
  const preload = join(root, 'dist', 'test', 'support', 'without-handles.js');
  return `${process.env.NODE_OPTIONS ?? ''} --import ${pathToFileURL(preload).href}`.trim();
}

async function emptyCoverage(): Promise<void> {
  await rm(join(root, 'coverage'), { recursive: true, force: true });
  await mkdir(coverageDir(root), { recursive: true });
}

async function runLanes(lanes: readonly Lane[], env: NodeJS.ProcessEnv): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const lane of lanes) results.push(...(await runLane(lane, env)));
  return results;
}

async function runLane(lane: Lane, env: NodeJS.ProcessEnv): Promise<FileResult[]> {
  const waiting = [...lane.files];
  const results: FileResult[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const options = { limitMs: lane.limitMs, graceMs, env };
      const result = await runFile(join(root, compiled(file)), options);
      console.log(formatFile(file, result));
      results.push(result);
    }
  };
  const workers = Math.min(lane.parallel, availableParallelism());
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

function conclude(results: readonly FileResult[], problems: readonly string[]): void {
  const totals = addUp(results);
  const found = results.length > 0 ? problems : [...problems, 'no test file matches'];
  for (const name of totals.skipped) console.log(`skipped: ${name}`);
  for (const problem of found) console.log(`FAIL ${problem}`);
  const failed = totals.failed + found.length;
  process.exitCode = failed > 0 ? 1 : 0;
  console.log(`\n${formatTotals({ ...totals, failed })}`);
}

await main();
