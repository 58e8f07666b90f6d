import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { orphansOf, signalGroup } from './process-group.js';
import { readReport, reportFlags } from './process-report.js';
import { hasSummary, judge, type Ending, type Evidence, type Verdict } from './verdict.js';

export interface RunOptions {
  /** Until the summary is printed. */
  readonly limitMs: number;
  /** From the summary to the end of the process. */
  readonly graceMs: number;
  readonly env: NodeJS.ProcessEnv;
}

export interface FileResult extends Verdict {
  readonly output: string;
  readonly durationMs: number;
}

/**
 * Runs a compiled test file as a process of its own, in a process group of its own, so that
 * nothing which it started outlives it.
 */
export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const startedMs = performance.now();
  const reports = await mkdtemp(join(tmpdir(), 'etcd-gateway-tests-'));
  try {
    const flags = ['--enable-source-maps', ...reportFlags(reports), file];
    const { output, ...evidence } = await observe(flags, options);
    const why = evidence.ending.kind === 'exit' ? [] : await readReport(reports);
    const verdict = judge({ output, ...evidence });
    const durationMs = performance.now() - startedMs;
    return { ...verdict, problems: [...verdict.problems, ...why], output, durationMs };
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

async function observe(flags: readonly string[], options: RunOptions): Promise<Evidence> {
  const child = spawn(process.execPath, flags, {
    detached: true,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const collected = collect(child);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ending = await watch(child, exited, collected, options);
  const orphans = await orphansOf(child.pid);
  signalGroup(child.pid, 'SIGKILL');
  return { output: collected.text, ending, orphans };
}

interface Collected {
  text: string;
  readonly summary: Promise<void>;
}

/** A test that prints without end is stopped from filling memory. */
const longestOutput = 8 * 1024 * 1024;

function collect(child: ChildProcess): Collected {
  let printed: () => void;
  const summary = new Promise<void>((resolve) => (printed = resolve));
  const collected: Collected = { text: '', summary };
  const take = (chunk: Buffer): void => {
    if (collected.text.length < longestOutput) collected.text += chunk.toString();
    if (chunk.includes('Duration:') && hasSummary(collected.text)) printed();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return collected;
}

async function watch(
  child: ChildProcess,
  exited: Promise<[number | null, NodeJS.Signals | null]>,
  collected: Collected,
  { limitMs, graceMs }: RunOptions,
): Promise<Ending> {
  const timers = new AbortController();
  const exit = exited.then(async ([code, signal]): Promise<Ending> => {
    await flushed(child);
    return { kind: 'exit', code, signal };
  });
  const timed = async (): Promise<Ending> => {
    const late = sleep(limitMs, true, { signal: timers.signal });
    const hangs = await Promise.race([late, collected.summary.then(() => false)]);
    if (hangs) return { kind: 'hang', limitMs };
    await sleep(graceMs, undefined, { signal: timers.signal });
    return { kind: 'leak', graceMs };
  };
  const ending = await Promise.race([exit, timed()]);
  if (ending.kind === 'exit') timers.abort();
  else await interrogate(child, exited);
  return ending;
}

/** What was written before the exit may still be in the pipe; an orphan may hold that open. */
async function flushed(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  await Promise.race([closed, sleep(200)]);
}

async function interrogate(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGUSR2');
  await Promise.race([exited, sleep(1_500)]);
  signalGroup(child.pid, 'SIGKILL');
  await exited;
}
