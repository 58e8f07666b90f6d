import type { LogLine } from '../../support/gateway.js';

export interface Report {
  readonly served: number;
  /** Of 20 clients that came when no port was left. */
  readonly refused: number;
  readonly logs: readonly LogLine[];
  /** `/api/v1/state` and `/metrics` at that time. */
  readonly state: string;
  readonly metrics: string;
}
