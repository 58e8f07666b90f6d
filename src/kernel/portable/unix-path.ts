import { readFile, readlink } from 'node:fs/promises';

/**
 * The path that a unix socket of this process is bound to; undefined: it has none. Node has no
 * getsockname(2) for unix sockets, so the kernel's table is read (proc(5), /proc/PID/net/unix).
 */
export async function unixPathOf(fd: number): Promise<string | undefined> {
  try {
    const link = await readlink(`/proc/self/fd/${fd}`);
    return findPath(await readFile('/proc/self/net/unix', 'utf8'), link);
  } catch {
    return undefined; // no such table here: not Linux
  }
}

/** Columns: Num RefCount Protocol Flags Type St Inode Path; an abstract address begins with `@`. */
function findPath(table: string, link: string): string | undefined {
  for (const row of table.split('\n')) {
    const [, inode, path] = /^(?:\S+\s+){6}(\d+) (\/.*)$/.exec(row) ?? [];
    if (inode !== undefined && link === `socket:[${inode}]`) return path;
  }
  return undefined;
}
