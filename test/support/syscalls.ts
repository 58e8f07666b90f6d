import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The sets of system calls that systemd knows by name, as systemd-analyze(1) lists them. */
export async function systemdSets(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await run('systemd-analyze', ['--no-pager', 'syscall-filter']);
  const sets = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of stdout.split('\n').map((text) => text.replace(/#.*/, ''))) {
    if (line.startsWith('@')) sets.set(line.trim(), (current = []));
    else if (line.trim() !== '') current.push(line.trim());
  }
  return sets;
}

/** What a unit's `SystemCallFilter=` lines allow, in their order (systemd.exec(5)). */
export async function allowedBy(unit: string): Promise<ReadonlySet<string>> {
  const sets = await systemdSets();
  const allowed = new Set<string>();
  for (const [, denies, names = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)) {
    for (const call of names.split(' ').flatMap((name) => expand(name, sets))) {
      if (denies === '~') allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

function expand(name: string, sets: ReadonlyMap<string, readonly string[]>): readonly string[] {
  if (!name.startsWith('@')) return [name];
  const members = sets.get(name);
  if (!members) throw new Error(`systemd knows no set ${name}`);
  return members.flatMap((member) => expand(member, sets));
}

/** The names in a summary of `strace -c`, whose last column they are. */
export function tracedCalls(summary: string): readonly string[] {
  const rows = summary.split('\n').map((line) => line.trim().split(/\s+/));
  const names = rows
    .filter(([first = '']) => /^\d+[.,]\d+$/.test(first))
    .map((row) => row.at(-1) ?? '');
  return names.filter((name) => name !== 'total');
}
