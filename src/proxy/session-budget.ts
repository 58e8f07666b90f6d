/** How many sessions all gateways together may have; a session takes two file descriptors. */
export interface SessionBudget {
  readonly limit: number;
  open: number;
}

/** File descriptors left for listeners, files, DNS, health checks and clients being refused. */
const reserve = 32;

/**
 * The budget out of the process's file-descriptor limit and how many are in use at start.
 * A limit of undefined (unlimited, or unknown) gives no bound.
 */
export function sessionBudget(fdLimit: number | undefined, fdsInUse: number): SessionBudget {
  if (fdLimit === undefined) return { limit: Infinity, open: 0 };
  const free = fdLimit - fdsInUse - Math.max(reserve, Math.floor(fdLimit / 20));
  return { limit: Math.max(1, Math.floor(free / 2)), open: 0 };
}

/** The soft limit of open files out of /proc/self/limits; undefined: unlimited, or not told. */
export function parseFdLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
