import { sumCounters } from '../../model/counters.js';
import type { UpstreamCounters, UpstreamView } from '../../model/views.js';

/** All that one set of labels stands for. */
export interface EndpointRow {
  /** The member, where an older upstream of the endpoint drains beside it. */
  readonly upstream: UpstreamView;
  readonly sessions: number;
  readonly counters: UpstreamCounters;
}

/** A row for each endpoint: two samples must not have the same labels. Members come first. */
export function endpointRows(upstreams: readonly UpstreamView[]): readonly EndpointRow[] {
  const rows = new Map<string, EndpointRow>();
  for (const upstream of upstreams) {
    const { endpoint, sessions, counters } = upstream;
    const first = rows.get(endpoint);
    rows.set(endpoint, first ? sum(first, upstream) : { upstream, sessions, counters });
  }
  return [...rows.values()];
}

function sum(first: EndpointRow, { sessions, counters }: UpstreamView): EndpointRow {
  return {
    upstream: first.upstream,
    sessions: first.sessions + sessions,
    counters: sumCounters(first.counters, counters),
  };
}
