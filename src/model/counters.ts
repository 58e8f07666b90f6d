import type { UpstreamCounters } from './views.js';

/** What both have counted together. */
export function sumCounters(one: UpstreamCounters, other: UpstreamCounters): UpstreamCounters {
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
