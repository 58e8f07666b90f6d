import type { Machine } from './machine.js';
import type { BenchOptions } from './options.js';
import type { ProxyKind } from './proxies.js';
import type { Tools } from './tools.js';

/** What every suite gets. */
export interface Bench {
  readonly options: BenchOptions;
  readonly tools: Tools;
  /** Those that are installed, in the order of the table. */
  readonly kinds: readonly ProxyKind[];
  readonly machine: Machine;
  /** Tells progress. */
  readonly say: (line: string) => void;
}
