import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Run, RunOptions } from './run.js';

/** What a run came to, in lines of figures. */
export function figures({ crew, nemesis, stage, options }: Run): string[] {
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

/** What is wanted to find out why: problems, faults in their order, command, and where the rest is. */
export async function failureReport(run: Run): Promise<string> {
  const folder = await keepHistories(run);
  return [
    ...run.problems.slice(0, 20),
    ...(run.problems.length > 20 ? [`and ${run.problems.length - 20} more`] : []),
    'faults:',
    ...run.nemesis.deeds.map((deed) => `  ${JSON.stringify(deed)}`),
    `histories and logs: ${folder}`,
    `again: ${commandFor(run.options)}`,
  ].join('\n');
}

async function keepHistories({ crew, nemesis, stage, problems }: Run): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-gateway-nemesis-'));
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
  return folder;
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
