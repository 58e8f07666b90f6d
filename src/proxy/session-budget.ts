import type { DialBudget } from '../pool/dialing.js';

/** File descriptors left for listeners, files, DNS, health checks and clients being refused. */
const reserve = 32;

/**
 * How many sessions all gateways together may have. A session takes two file descriptors; dials
 * beside its first one take more, as long as there are any.
 */
export class SessionBudget implements DialBudget {
  readonly limit: number;
  open = 0;
  dialsBeside = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isFull(): boolean {
    return 2 * this.open + this.dialsBeside > 2 * (this.limit - 1);
  }

  get allowsDialBeside(): boolean {
    return 2 * this.open + this.dialsBeside < 2 * this.limit;
  }
}

/**
 * The budget out of the process's file-descriptor limit and how many are in use at start.
 * A limit of undefined (unlimited, or unknown) gives no bound.
 */
export function sessionBudget(fdLimit: number | undefined, fdsInUse: number): SessionBudget {
  if (fdLimit === undefined) return new SessionBudget(Infinity);
  const free = fdLimit - fdsInUse - Math.max(reserve, Math.floor(fdLimit / 20));
  return new SessionBudget(Math.max(1, Math.floor(free / 2)));
}

/** The soft limit of open files out of /proc/self/limits; undefined: unlimited, or not told. */
export function parseFdLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

const mostPipes = 64;

/** How many directions may carry bulk through a pipe, each by two descriptors: a sixteenth of all at most. */
export function pipeShare(fdLimit: number | undefined): number {
  return fdLimit === undefined ? mostPipes : Math.min(mostPipes, Math.floor(fdLimit / 32));
}
