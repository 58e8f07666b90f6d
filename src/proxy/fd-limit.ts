import { readdir, readFile } from 'node:fs/promises';

import { parseFdLimit } from './session-budget.js';

export interface FdUse {
  /** Soft limit; undefined: none, or the system does not tell. */
  readonly limit: number | undefined;
  readonly inUse: number;
}

/** What proc(5) says of this process; elsewhere nothing is known and nothing bounded. */
export async function readFdUse(): Promise<FdUse> {
  try {
    const [limits, open] = await Promise.all([
      readFile('/proc/self/limits', 'utf8'),
      readdir('/proc/self/fd'),
    ]);
    return { limit: parseFdLimit(limits), inUse: open.length };
  } catch {
    return { limit: undefined, inUse: 0 }; // no /proc: not Linux, or hidden
  }
}
