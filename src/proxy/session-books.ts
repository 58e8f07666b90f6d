import type { Observer, SessionEnd } from '../model/events.js';
import type { Clock } from '../model/ports.js';
import type { FirstByteWatch, WaitingSession } from '../pool/first-byte-watch.js';
import type { Pool } from '../pool/pool.js';
import type { LoopGuard } from './loop-guard.js';
import type { LoopWatch } from './loop-watch.js';

/** Where it is noted which sessions there are, and what has become of them. */
export interface SessionBooks {
  readonly gateway: string;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly pool: Pool;
  readonly firstBytes: FirstByteWatch;
  readonly loops: LoopGuard;
  readonly loopWatch: LoopWatch;
}

/** A session that has its upstream, as the books see it. */
export interface BookedSession extends WaitingSession {
  /** Monotonic. */
  readonly startedMs: number;
  /** Empty where nobody wants to know. */
  readonly clientName: string;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** It has its upstream; what the client has sent by now is on its way there. */
export function entered(session: BookedSession): void {
  const { upstream } = session;
  upstream.sessions.add(session);
  upstream.counters.sessionsOpened += 1;
  upstream.counters.bytesSent += session.bytesSent;
}

/** It has ended; called once. */
export function left(books: SessionBooks, session: BookedSession, end: SessionEnd): void {
  const { upstream } = session;
  books.firstBytes.left(session);
  if (session.bytesReceived === 0) books.loopWatch.ended();
  upstream.sessions.delete(session);
  upstream.counters.closed(end);
  books.pool.left(upstream);
  books.observer({
    type: 'session-closed',
    gateway: books.gateway,
    ...upstream.name,
    client: session.clientName,
    bytesSent: session.bytesSent,
    bytesReceived: session.bytesReceived,
    durationMs: books.clock.nowMs() - session.startedMs,
    end,
  });
}
