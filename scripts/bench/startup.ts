import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startBackend } from './backend.js';
import type { Bench } from './bench.js';
import { withOwner } from './owner.js';
import { freePort } from './processes.js';
import { type ProxyKind, startProxy } from './proxies.js';
import { markdownTable } from './markdown.js';
import type { Report } from './report.js';
import { formatNumber, spread, type Spread } from './statistics.js';

const run = promisify(execFile);

type Timed = readonly [what: string, ms: Spread];

/** From exec to the end of a command, or to the first accepted connection. */
export async function startupSuite(bench: Bench): Promise<Report> {
  const rows: Timed[] = [];
  const tries = bench.options.quick ? 5 : 20;
  await withOwner(async (owner) => {
    const folder = await owner.temporaryFolder();
    const endpoint = await startBackend(owner, bench.tools, 'echo');
    for (const kind of bench.kinds.filter(({ name }) => name.startsWith('ours'))) {
      rows.push(...(await timeCommands(kind, endpoint, join(folder, 'gateway.yaml'), tries)));
    }
    for (const kind of bench.kinds) {
      rows.push([`${kind.name}: ready`, await timeReady(bench, kind, endpoint, tries)]);
    }
  });
  bench.say(`startup: ${tries} starts each`);
  const table = markdownTable(
    ['', 'median, ms', 'least', 'most'],
    rows.map(([what, ms]) => [what, ...[ms.median, ms.least, ms.most].map(formatNumber)]),
  );
  const text = `${table}\n\nFrom exec to the end of the command; "ready" is the first accepted connection.`;
  return { name: 'startup', title: 'Starting up', summary: table, text, plots: [] };
}

async function timeCommands(
  kind: ProxyKind,
  endpoint: number,
  file: string,
  tries: number,
): Promise<Timed[]> {
  const route = { port: await freePort(), endpoint, file };
  await writeFile(file, kind.configure?.(route) ?? '');
  const [node = '', ...args] = kind.command(route);
  const program = args.slice(0, args.indexOf('start'));
  const commands: [string, string[]][] = [
    ['node, an empty program', ['--eval', '0']],
    ['--version', [...program, '--version']],
    ['check', [...program, 'check', file]],
  ];
  const timed: Timed[] = [];
  for (const [what, words] of commands) {
    const ms = await timeEach(tries, () => run(node, words));
    timed.push([`${kind.name}: ${what}`, ms]);
  }
  return timed;
}

/** Each start gets a fresh port and folder, and is stopped outside the measured time. */
async function timeReady(
  bench: Bench,
  kind: ProxyKind,
  endpoint: number,
  tries: number,
): Promise<Spread> {
  const times: number[] = [];
  for (let i = 0; i < tries; i++) {
    await withOwner(async (owner) => {
      times.push((await startProxy(owner, kind, endpoint)).startedInMs);
    });
  }
  bench.say(`startup: ${kind.name}`);
  return spread(times);
}

async function timeEach(tries: number, work: () => Promise<unknown>): Promise<Spread> {
  const times: number[] = [];
  for (let i = 0; i < tries; i++) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return spread(times);
}
