import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process and all below it, as the kernel sees them now. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(Number(name))?.[1] ?? Number.NaN);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

/** User and system time that the processes have used so far, in ms; steps of one kernel tick (10 ms). */
export function cpuMs(pids: readonly number[]): number {
  const ticks = sum(pids, (pid) => {
    const fields = statFields(pid);
    return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  });
  return (ticks * 1000) / ticksPerSecond;
}

/** Resident memory in kB, summed: pages that processes share count once for each. */
export function residentKb(pids: readonly number[]): number {
  return sum(pids, (pid) => rollup(pid, 'Rss'));
}

/** Resident memory in kB where a page that n processes share counts as 1/n for each. */
export function proportionalKb(pids: readonly number[]): number {
  return sum(pids, (pid) => rollup(pid, 'Pss'));
}

function rollup(pid: number, key: 'Rss' | 'Pss'): number {
  const line = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readProc(pid, 'smaps_rollup'));
  return Number(line?.[1] ?? 0);
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of proc(5) stat from `state` on: the name before them may hold blanks and brackets. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(pid, 'stat');
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty for a process that is gone: between listing and reading, any may end. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
