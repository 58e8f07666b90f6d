import type { Footprint } from '../../support/residue.js';

/** What the worker prints. */
export interface Report {
  readonly results: readonly CellResult[];
  /** Sessions and dials that were left when all cells had ended. */
  readonly sessions: number;
  /** Before the first cell; after the last; and when the cells' gateways had left the file. */
  readonly before: Footprint;
  readonly most: Footprint;
  readonly after: Footprint;
  /** Only in a network of its own. */
  readonly ownQueue?: OwnQueue;
}

export interface CellResult {
  readonly name: string;
  /** Empty: it showed what it must. */
  readonly problems: string[];
  readonly durationMs: number;
}

export interface OwnQueue {
  readonly clients: number;
  readonly served: number;
}
