import { readdir, readFile } from 'node:fs/promises';

/** Sends a signal to every process of a group; a group that is gone is fine. */
export function signalGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Command lines of what is left of a process group after its leader has ended (Linux only). */
export async function orphansOf(group: number | undefined): Promise<string[]> {
  if (group === undefined || process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => commandIfIn(group, pid)));
  return found.filter((command) => command !== undefined);
}

async function commandIfIn(group: number, pid: string): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(processGroup) !== group || state === 'Z' || Number(pid) === group) return undefined;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return `${pid} ${commandLine.replaceAll('\0', ' ').trim()}`;
  } catch {
    return undefined; // it has ended meanwhile
  }
}
