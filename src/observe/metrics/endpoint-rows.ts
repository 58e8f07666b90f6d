import { sumCounters } from '../../model/counters.js';
import type { GatewayView, UpstreamCounters, UpstreamView } from '../../model/views.js';

/** All that one set of labels stands for. */
export interface EndpointRow {
  readonly endpoint: string;
  /** The member, where an older upstream of the endpoint drains beside it; undefined: it has gone. */
  readonly upstream: UpstreamView | undefined;
  readonly sessions: number;
  readonly counters: UpstreamCounters;
}

/** A row for each endpoint of a gateway: two samples must not have the same labels. */
export function endpointRows({ upstreams, departed }: GatewayView): readonly EndpointRow[] {
  const rows = new Map<string, EndpointRow>();
  for (const upstream of upstreams) {
    const { endpoint, sessions, counters } = upstream;
    add(rows, { endpoint, upstream, sessions, counters });
  }
  for (const { endpoint, counters } of departed) {
    add(rows, { endpoint, upstream: undefined, sessions: 0, counters });
  }
  return [...rows.values()];
}

/** Members come first among a gateway's upstreams. */
function add(rows: Map<string, EndpointRow>, row: EndpointRow): void {
  const first = rows.get(row.endpoint);
  rows.set(row.endpoint, first ? sum(first, row) : row);
}

function sum(first: EndpointRow, other: EndpointRow): EndpointRow {
  return {
    endpoint: first.endpoint,
    upstream: first.upstream,
    sessions: first.sessions + other.sessions,
    counters: sumCounters(first.counters, other.counters),
  };
}
