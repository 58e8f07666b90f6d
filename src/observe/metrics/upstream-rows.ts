import type { UpstreamCounters, UpstreamView } from '../../model/views.js';

/**
 * One row for each set of labels: where an older upstream of the same address drains beside its successor,
 * as after a gateway was removed and added again, both count together. The successor comes first.
 */
export function upstreamRows(upstreams: readonly UpstreamView[]): readonly UpstreamView[] {
  const rows = new Map<string, UpstreamView>();
  for (const upstream of upstreams) {
    const labels = `${upstream.endpoint} ${upstream.address ?? ''}`;
    const first = rows.get(labels);
    rows.set(labels, first ? together(first, upstream) : upstream);
  }
  return [...rows.values()];
}

function together(first: UpstreamView, older: UpstreamView): UpstreamView {
  return {
    ...first,
    sessions: first.sessions + older.sessions,
    counters: sum(first.counters, older.counters),
  };
}

function sum(one: UpstreamCounters, other: UpstreamCounters): UpstreamCounters {
  const sessionsClosed = { ...one.sessionsClosed };
  for (const [end, count] of Object.entries(other.sessionsClosed)) {
    const key = end as keyof typeof sessionsClosed;
    sessionsClosed[key] = (sessionsClosed[key] ?? 0) + count;
  }
  return {
    sessionsOpened: one.sessionsOpened + other.sessionsOpened,
    sessionsClosed,
    bytesSent: one.bytesSent + other.bytesSent,
    bytesReceived: one.bytesReceived + other.bytesReceived,
    dialFailures: one.dialFailures + other.dialFailures,
    ejections: one.ejections + other.ejections,
  };
}
