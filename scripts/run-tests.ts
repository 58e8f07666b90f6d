/**
 * Runs the compiled tests: `run-tests.js [--no-coverage] [--no-check] [--fallback] [--installed]
 * [--again] [WORD…]`.
 * A word chooses the files that have it in their path; then only their results count, and neither
 * the checks run nor the coverage is enforced. With `--fallback` they run without plain
 * system calls, as do the programs that they start: on `kernel/portable`. With `--installed` these are
 * the program as it is installed, not as it is compiled. With `--again` a file that
 * has failed, and that a busy machine can make fail, runs once more at the end, alone: then that
 * counts, and both are told. Exit 0: all passed; 1: something failed.
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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
      installed: { type: 'boolean' },
      again: { type: 'boolean' },
    },
  });
  const whole = words.length === 0;
  const measured = whole && values['no-coverage'] !== true;
  const broken = whole && values['no-check'] !== true ? await runChecks(fastChecks, root) : [];
  if (measured) await emptyCoverage();
  const env = {
    ...process.env,
    ...(measured && { NODE_V8_COVERAGE: coverageDir(root) }),
    ...(values.fallback === true && {
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --no-addons`.trim(),
    }),
    ...(values.installed === true && { PROGRAM_UNDER_TEST: join('dist', 'bin', 'main.js') }),
  };
  const lanes = await discover(root, words);
  const results = await runLanes(lanes, env);
  if (values.again === true) await runAgain(lanes, env, results);
  const missed = measured ? await reportCoverage(root) : [];
  conclude([...results.values()], [...broken, ...missed]);
}

async function emptyCoverage(): Promise<void> {
  await rm(join(root, 'coverage'), { recursive: true, force: true });
  await mkdir(coverageDir(root), { recursive: true });
}

type Results = Map<string, FileResult>;

async function runLanes(lanes: readonly Lane[], env: NodeJS.ProcessEnv): Promise<Results> {
  const results: Results = new Map();
  for (const lane of lanes) await runLane(lane, env, results);
  return results;
}

/** More than so many failures at once are no accident. */
const mostAgain = 4;

/** Runs those again, alone, that a busy machine may have made fail. */
async function runAgain(
  lanes: readonly Lane[],
  env: NodeJS.ProcessEnv,
  results: Results,
): Promise<void> {
  const hasFailed = (file: string): boolean => results.get(file)?.problems.length !== 0;
  const failed = lanes
    .filter(({ timed }) => timed)
    .map((lane) => ({ ...lane, parallel: 1, files: lane.files.filter(hasFailed) }));
  const count = failed.reduce((sum, { files }) => sum + files.length, 0);
  if (count === 0 || count > mostAgain) return;
  console.log(`\nunsteady, once more alone: ${count}`);
  for (const lane of failed) await runLane(lane, env, results);
}

async function runLane(lane: Lane, env: NodeJS.ProcessEnv, results: Results): Promise<void> {
  const waiting = [...lane.files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const options = { limitMs: lane.limitMs, graceMs, env };
      const result = await runFile(join(root, compiled(file)), options);
      console.log(formatFile(file, result));
      results.set(file, result);
    }
  };
  const workers = Math.min(lane.parallel, availableParallelism());
  await Promise.all(Array.from({ length: workers }, work));
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
