import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { GatewayProcess } from './gateway.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** What a process holds open, after its garbage was collected; resources are the main thread's. */
export interface Inside {
  /** Number by kind, as `process.getActiveResourcesInfo()` names them. */
  readonly resources: Readonly<Record<string, number>>;
  /** Active handles of libuv by type, timers left out: all of JavaScript's share one. */
  readonly handles: Readonly<Record<string, number>>;
  readonly heapBytes: number;
  readonly buffersBytes: number;
}

export interface Footprint extends Inside {
  /** Open file descriptors. */
  readonly fds: number;
}

/** Descriptors and resources of every kind; memory is judged by its size. */
export function holdsNoMore(after: Footprint, before: Footprint): boolean {
  const isNoMore = ([kind, count]: [string, number]): boolean =>
    count <= (before.resources[kind] ?? 0);
  return after.fds <= before.fds && Object.entries(after.resources).every(isNoMore);
}

/**
 * Loaded into each thread of the gateway before its program: the main one answers SIGUSR2 by a file, once
 * the others have told what they hold.
 */
const probe = `
import { renameSync, writeFileSync } from 'node:fs';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
const threads = new BroadcastChannel('residue');
let told = [];
threads.onmessage = ({ data }) => (isMainThread ? told.push(data) : tell(data));
threads.unref();

async function tell(question) {
  threads.postMessage({ question, ...(await memory()) });
}

async function memory() {
  for (let n = 0; n < 3; n += 1) {
    collect();
    await breathe();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heapBytes: heapUsed, buffersBytes: arrayBuffers };
}

let questions = 0;
async function answer() {
  const question = ++questions;
  told = [];
  threads.postMessage(question);
  const own = await memory();
  const { libuv, workers } = process.report.getReport();
  const others = () => told.filter((one) => one.question === question);
  for (let n = 0; n < 300 && others().length < workers.length; n += 1) await sleep(10);
  const all = [own, ...others()];
  const open = [libuv, ...workers.map((worker) => worker.libuv)].flat().filter(isKept);
  const file = process.env.RESIDUE_FILE;
  writeFileSync(file + '.new', JSON.stringify({
    resources: count(process.getActiveResourcesInfo()),
    handles: count(open.map(({ type }) => type)),
    heapBytes: all.reduce((sum, { heapBytes }) => sum + heapBytes, 0),
    buffersBytes: all.reduce((sum, { buffersBytes }) => sum + buffersBytes, 0),
  }));
  renameSync(file + '.new', file);
}

function isKept({ type, is_active }) {
  return is_active && type !== 'timer';
}

function count(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

if (isMainThread) {
  process.report.excludeNetwork = true;
  process.on('SIGUSR2', answer);
}
`;

/** Looks into a gateway's process from outside. */
export class Residue {
  readonly env: NodeJS.ProcessEnv;
  readonly #file: string;

  private constructor(file: string, script: string) {
    this.#file = file;
    const options = `${process.env.NODE_OPTIONS ?? ''} --import ${pathToFileURL(script).href}`;
    this.env = { NODE_OPTIONS: options, RESIDUE_FILE: file };
  }

  static async prepare(scope: Scope): Promise<Residue> {
    const dir = await scope.tempDir();
    const script = join(dir, 'probe.mjs');
    await writeFile(script, probe);
    return new Residue(join(dir, 'residue.json'), script);
  }

  async ask(gateway: GatewayProcess): Promise<Inside> {
    await rm(this.#file, { force: true });
    gateway.signal('SIGUSR2');
    const text = await until(() => readFile(this.#file, 'utf8'), {
      ...{ what: 'what the gateway holds', timeoutMs: 20_000 },
    });
    return JSON.parse(text) as Inside;
  }
}
