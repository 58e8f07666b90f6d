import { spawnSync } from 'node:child_process';

import { hasCommand } from '../../support/needs.js';
import { withProcess } from '../../support/process.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import type { Report } from './report.js';

const worker = 'dist/test/faults/matrix/worker.js';

/** All of it takes some 30 s on a busy machine of two cores. */
const limitMs = 100_000;

/** What makes a network: as root, or as a user who is root in there. */
const makers = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
] as const;

/** The commands that dropping packets takes. */
export const packetCommands = ['unshare', 'ip', 'nft'] as const;

/** How to get a network of its own; undefined: this machine does not allow it. */
export function findMaker(): readonly string[] | undefined {
  if (!packetCommands.every(hasCommand)) return undefined;
  return makers.find(([command, ...flags]) => {
    const trial = 'ip link set lo up && nft add table inet trial';
    return spawnSync(command, [...flags, 'sh', '-c', trial], { stdio: 'ignore' }).status === 0;
  });
}

/** Tries all cells, in a network of their own where there is one. */
export async function tryMatrix(maker: readonly string[] | undefined): Promise<Report> {
  return (await runWorker(maker, maker ? [worker, '--packets'] : [worker])) as Report;
}

/** Runs a program of ours in a network that `maker` makes. Returns the JSON that it prints. */
export async function runWorker(
  maker: readonly string[] = [],
  program: readonly string[],
): Promise<unknown> {
  const scope = new Scope();
  try {
    const [name = '', ...flags] = [...maker, process.execPath, '--enable-source-maps', ...program];
    const child = withProcess(scope, name, flags);
    await until(() => child.exit, { what: 'the worker to end', timeoutMs: limitMs, everyMs: 50 });
    if (child.exit?.code !== 0) throw new Error(`the worker ended early:\n${child.stderr}`);
    return JSON.parse(child.stdout);
  } finally {
    await scope.close();
  }
}
