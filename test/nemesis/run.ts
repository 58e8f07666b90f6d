import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorMessage } from '../../src/model/errors.js';
import type { Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import type { Entry } from './client.js';
import { Crew } from './crew.js';
import { HttpClient } from './http-client.js';
import { Nemesis } from './nemesis.js';
import { unorderable } from './registers.js';
import { Stage } from './stage.js';
import { Watcher } from './watchers.js';
import { missingWrites, writesPrefix } from './writers.js';

export interface RunOptions {
  readonly seed: number;
  readonly members: number;
  /** How long the nemesis is at work. */
  readonly lastsMs: number;
}

/** All there is to know about a run. */
export interface Run {
  readonly options: RunOptions;
  readonly crew: Crew;
  readonly nemesis: Pick<Nemesis, 'deeds'>;
  readonly stage: Pick<Stage, 'log' | 'logged'>;
  /** Holds what the watchers saw. */
  readonly folder: string;
  /** Sentences; none: nothing acknowledged was lost. */
  readonly problems: readonly string[];
}

/** From the end of the last fault: a cluster that is well answers everybody within this. */
const settleMs = 60_000;

/** A busy etcd tells 1,600 events a second from its history. */
const msARevision = 2;

/** Acknowledged writes a second that must be reached on any machine: a run must not be idle. */
const leastWritesPerSecond = 10;

/** Runs everything, and judges it. */
export async function run(scope: Scope, options: RunOptions): Promise<Run> {
  const stage = await Stage.start(scope, options.members);
  const folder = await mkdtemp(join(tmpdir(), 'etcd-gateway-nemesis-'));
  const crew = new Crew(stage.ports, options.seed, folder);
  scope.defer(async () => crew.close());
  const nemesis = new Nemesis(stage);
  const problems = await play(stage, crew, nemesis, options).catch((error: unknown) => [
    errorMessage(error),
  ]);
  return { options, stage, crew, nemesis, folder, problems: [...nemesis.problems, ...problems] };
}

async function play(
  stage: Stage,
  crew: Crew,
  nemesis: Nemesis,
  options: RunOptions,
): Promise<string[]> {
  const [working, watching] = [new AbortController(), new AbortController()];
  const work = Promise.all(
    [...crew.writers, ...crew.registers, ...crew.holders].map(async (each) =>
      each.run(working.signal),
    ),
  );
  const watch = Promise.all(crew.watchers.map(async (each) => each.run(watching.signal)));
  try {
    await nemesis.run(options.seed, AbortSignal.timeout(options.lastsMs));
    working.abort();
    await inTime(work, 'the last calls to be answered');
    return await judge(stage, crew, options);
  } finally {
    working.abort();
    watching.abort();
    await watch;
  }
}

async function judge(stage: Stage, crew: Crew, { lastsMs }: RunOptions): Promise<string[]> {
  const client = new HttpClient(stage.cluster.member(0).clientPort);
  try {
    const { entries, revision } = await allWrites(client);
    return [
      ...(await watchersWrong(crew, client, revision)),
      ...missingWrites(crew.writers, entries),
      ...crew.holders.flatMap(({ problems }) => problems),
      ...crew.registers.flatMap((group) => unorderable(group.histories)),
      ...tooLittle(crew.acknowledged, lastsMs),
    ];
  } finally {
    client.close();
  }
}

/** What etcd has in the end, past the gateway, and its last revision. */
async function allWrites(
  client: HttpClient,
): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
  const entries: Entry[] = [];
  for (;;) {
    const page = await client.page(writesPrefix, entries.at(-1)?.key ?? '', 1_000);
    entries.push(...page.entries);
    if (!page.more) return { entries, revision: page.revision };
  }
}

/** Watchers must have seen the very events that etcd tells somebody who asks it directly. */
async function watchersWrong(crew: Crew, client: HttpClient, revision: number): Promise<string[]> {
  const direct = new Watcher('direct', client, () => undefined);
  const stop = new AbortController();
  const watching = direct.run(stop.signal);
  const all = [direct, ...crew.watchers];
  const behind = (): Watcher[] => all.filter(({ log }) => log.last < revision);
  const late = await until(() => behind().length === 0, {
    what: `the watchers to see revision ${revision}`,
    timeoutMs: settleMs + revision * msARevision,
  }).then(
    () => [],
    () => behind().map(({ name, log }) => `watcher ${name} stays at ${log.last} of ${revision}`),
  );
  stop.abort();
  await watching;
  return late.length > 0 ? late : differences(direct, crew.watchers);
}

function differences(direct: Watcher, watchers: readonly Watcher[]): string[] {
  const right = direct.log.digest();
  return [direct, ...watchers].flatMap((watcher) => {
    const { name, log } = watcher;
    const found = log.problems.map((problem) => `watcher ${name}: ${problem}`);
    const differs = watcher !== direct && found.length === 0 && log.digest() !== right;
    return differs ? [`watcher ${name} saw other events than etcd has`] : found;
  });
}

function tooLittle(acknowledged: number, lastsMs: number): string[] {
  const wanted = Math.floor((lastsMs / 1_000) * leastWritesPerSecond);
  if (acknowledged >= wanted) return [];
  return [`only ${acknowledged} writes were acknowledged, where ${wanted} are the least`];
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const done = new AbortController();
  const late = sleep(settleMs, undefined, { signal: done.signal }).then((): never => {
    throw new Error(`waited ${settleMs} ms in vain for ${what}`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}
