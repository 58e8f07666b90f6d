import type { DialBudget } from '../pool/dialing.js';

/** File descriptors that are never a session's: for admin connections, checks, look-ups, files and clients being refused. */
const usualReserve = 32;
const mostAdminConnections = 128;

/**
 * How many sessions all gateways together may have. A session takes two file descriptors; dials
 * beside its first one take more, as long as there are any.
 */
export class SessionBudget implements DialBudget {
  readonly #most: number;
  open = 0;
  dialsBeside = 0;
  #ids = 0;
  /** Bound sockets: each has a descriptor of its own and a spare one. */
  listeners = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** In sessions. */
  get limit(): number {
    return Math.max(1, this.#most - this.listeners);
  }

  /** Numbers sessions. */
  nextId(): number {
    return ++this.#ids;
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
  const free = fdLimit - fdsInUse - reserveOf(fdLimit);
  return new SessionBudget(Math.max(1, Math.floor(free / 2)));
}

/** How many connections each may have open at a time, over all gateways. */
export interface Shares {
  readonly admin: number;
  readonly checks: number;
  readonly lookups: number;
}

/** A quarter of the reserve each; the last one is for files and for clients that are refused. */
export function sharesOf(fdLimit: number | undefined): Shares {
  const quarter = fdLimit === undefined ? Infinity : Math.floor(reserveOf(fdLimit) / 4);
  return { admin: Math.min(quarter, mostAdminConnections), checks: quarter, lookups: quarter };
}

function reserveOf(fdLimit: number): number {
  return Math.max(Math.min(usualReserve, Math.floor(fdLimit / 4)), Math.floor(fdLimit / 20));
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
