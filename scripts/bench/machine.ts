import { cpus, loadavg, release, totalmem } from 'node:os';
import type { ProxyKind } from './proxies.js';

/** Where and with what was measured: figures mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Processes that wanted to run in the minute before: above 1, figures are of a busy machine. */
  readonly load: number;
  readonly date: string;
  readonly versions: readonly (readonly [proxy: string, version: string])[];
}

export interface Installed {
  readonly kinds: readonly ProxyKind[];
  readonly missing: readonly ProxyKind[];
  readonly machine: Machine;
}

/** Asks every proxy for its version: the answer also tells which are there. */
export async function inspectMachine(kinds: readonly ProxyKind[]): Promise<Installed> {
  const asked = await Promise.all(
    kinds.map(async (kind) => ({ kind, version: await kind.version() })),
  );
  const present = asked.filter(({ version }) => version !== undefined);
  const missing = asked.filter(({ version }) => version === undefined);
  const processors = cpus();
  return {
    kinds: present.map(({ kind }) => kind),
    missing: missing.map(({ kind }) => kind),
    machine: {
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      load: loadavg()[0] ?? Number.NaN,
      date: new Date().toISOString().slice(0, 10),
      versions: present.map(({ kind, version }) => [kind.name, version ?? '']),
    },
  };
}

export function describeMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, kernel, load, date, versions } = machine;
  const list = versions.map(([name, version]) => `${name} ${version}`).join('; ');
  return `${date}: ${cores} cores of ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, load ${load.toFixed(1)} at the start. ${list}.`;
}
