import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { markdownTable } from './markdown.js';
import type { Path } from './paths.js';

const run = promisify(execFile);
const limitMs = 180_000;

/** Each opens fifty clients at first. */
const startsApartMs = 1_000;

/**
 * Markdown: the verdicts of `etcdctl check perf`. It takes a minute and writes at a fixed rate, so
 * all paths are checked at the same time.
 */
export async function perfTable(paths: readonly Path[]): Promise<string> {
  const rows = await Promise.all(
    paths.map(async ({ name, port }, index) => {
      await delay(index * startsApartMs);
      return [name, ...(await checkPerf(port))];
    }),
  );
  const head = ['', 'verdict', 'throughput', 'slowest', 'standard deviation'];
  return [
    '## etcdctl check perf --load=s',
    markdownTable(head, rows),
    `It writes 150 keys a second for a minute and judges throughput and latency. All paths were checked at the same time, onto one etcd: ${paths.length} times that load for the member, the same for each path.`,
  ].join('\n\n');
}

/** It exits 1 when a target is missed, with the same output. */
async function checkPerf(port: number): Promise<string[]> {
  const prefix = `--prefix=/etcdctl-check-perf-${port}/`;
  const flags = [`--endpoints=127.0.0.1:${port}`, 'check', 'perf', '--load=s', prefix];
  const environment = { ...process.env, ETCDCTL_API: '3' };
  const output = await run('etcdctl', flags, { env: environment, timeout: limitMs }).then(
    ({ stdout }) => stdout,
    (error: unknown) => String((error as { stdout?: unknown }).stdout),
  );
  return perfCells(output);
}

/** Verdict, throughput, slowest request and deviation; – for what is not in the output. */
export function perfCells(output: string): string[] {
  const find = (pattern: RegExp): string => pattern.exec(output)?.[1]?.trim() ?? '–';
  const verdicts = [...output.matchAll(/^(PASS|FAIL)$/gm)];
  return [
    verdicts.at(-1)?.[1] ?? '–',
    find(/Throughput(?: is| too low:) (.*)/),
    find(/Slowest request (?:took )?(?:too long: )?(.*)/),
    find(/Stddev (?:is |too high: )?(.*)/),
  ];
}
