import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { GatewayProcess } from './gateway.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** What a process holds open, after its garbage was collected. */
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

/** Loaded into the gateway's process before its program: it answers SIGUSR2 by a file. */
const probe = `
import { renameSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
process.on('SIGUSR2', async () => {
  for (let n = 0; n < 3; n += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.report.excludeNetwork = true;
  const { libuv } = process.report.getReport();
  const resources = count(process.getActiveResourcesInfo());
  const handles = count(libuv.filter(isKept).map(({ type }) => type));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const file = process.env.RESIDUE_FILE;
  const told = { resources, handles, heapBytes: heapUsed, buffersBytes: arrayBuffers };
  writeFileSync(file + '.new', JSON.stringify(told));
  renameSync(file + '.new', file);
});
function isKept({ type, is_active }) {
  return is_active && type !== 'timer';
}
function count(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
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
