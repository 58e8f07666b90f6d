import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Run, RunOptions } from './run.js';

/** What a run came to, in lines of figures. */
function figures({ crew, nemesis, stage, options }: Run): string[] {
  const { writers, watchers, holders, registers } = crew;
  const failures = sum(writers.map((writer) => writer.failures));
  const histories = registers.flatMap((group) => [...group.histories.values()]);
  const operations = histories.flat();
  const unknown = operations.filter(({ result }) => result === undefined).length;
  const seen = Math.min(...watchers.map(({ log }) => log.last));
  return [
    `${options.members} members, ${seconds(options.lastsMs)}, seed ${options.seed}`,
    `writes: ${crew.acknowledged} acknowledged, ${failures} tries of unknown outcome, ` +
      `longest wait ${seconds(Math.max(...writers.map(({ longestMs }) => longestMs)))}`,
    `registers: ${operations.length} operations on ${histories.length} registers, ${unknown} of unknown outcome`,
    `watchers: ${watchers.length} saw ${seen} revisions in ${sum(watchers.map((w) => w.sessions))} sessions, ` +
      `longest silence ${seconds(Math.max(...watchers.map((w) => w.longestSilenceMs)))}`,
    `leases: ${holders.length} holders, ${sum(holders.map((h) => h.renewals))} renewals, ` +
      `${sum(holders.map((h) => h.lapsed))} lapsed unrenewed`,
    `faults: ${counts(nemesis.deeds.map(({ fault }) => fault.kind))}`,
    `reloads: ${stage.logged('configuration applied')} applied, ` +
      `${stage.logged('configuration refused, what runs stays')} refused`,
  ];
}

/** The command that does the same again, as far as the seed goes. */
export function commandFor({ seed, members, lastsMs }: RunOptions): string {
  const minutes = Number((lastsMs / 60_000).toFixed(3));
  return `npm run nemesis -- --seed ${seed} --members ${members} --minutes ${minutes}`;
}

/**
 * Prints what a run came to. After a failure: what is wanted to find out why, and where the
 * histories are; they are removed after a success.
 * @returns what is wrong, and nothing after a success.
 */
export async function conclude(run: Run): Promise<string> {
  console.log(figures(run).join('\n'));
  await run.crew.keep();
  if (run.problems.length > 0) return failureReport(run);
  await rm(run.folder, { recursive: true });
  return '';
}

const mostProblems = 20;

async function failureReport(run: Run): Promise<string> {
  await keepHistories(run);
  const { problems, nemesis, folder, options } = run;
  const more = problems.length - mostProblems;
  return [
    ...problems.slice(0, mostProblems),
    ...(more > 0 ? [`and ${more} more`] : []),
    'faults:',
    ...nemesis.deeds.map((deed) => `  ${JSON.stringify(deed)}`),
    `histories and logs: ${folder}`,
    `again: ${commandFor(options)}`,
  ].join('\n');
}

async function keepHistories({ crew, nemesis, stage, problems, folder }: Run): Promise<void> {
  const histories = crew.registers.flatMap((group) => [...group.histories]);
  const write = async (name: string, items: readonly unknown[]): Promise<void> =>
    writeFile(join(folder, name), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  await write('problems.jsonl', problems);
  await write('faults.jsonl', nemesis.deeds);
  await write(
    'registers.jsonl',
    histories.map(([key, operations]) => ({ key, operations })),
  );
  await write(
    'writes.jsonl',
    crew.writers.map(({ name, acknowledged }) => ({ name, acknowledged })),
  );
  await writeFile(join(folder, 'gateway.log'), stage.log);
}

function counts(kinds: readonly string[]): string {
  const count = new Map<string, number>();
  for (const kind of kinds) count.set(kind, (count.get(kind) ?? 0) + 1);
  return [...count].map(([kind, times]) => `${times} ${kind}`).join(', ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
