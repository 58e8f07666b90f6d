import { closedAtOnce, nextPortionMs } from '../model/portions.js';
import type { Clock } from '../model/ports.js';
import type { SessionFilter } from '../model/views.js';
import type { Session } from './session.js';

/** Those that fit everything that is given. */
export function chosen(sessions: Iterable<Session>, filter: SessionFilter): readonly Session[] {
  const { gateway, endpoint, olderThanMs = 0 } = filter;
  const ids = filter.ids && new Set(filter.ids);
  return [...sessions].filter(
    (session) =>
      (ids?.has(session.id) ?? true) &&
      (gateway ?? session.gateway) === session.gateway &&
      (endpoint ?? session.endpoint) === session.endpoint &&
      session.ageMs >= olderThanMs,
  );
}

/** Closes sessions, so many at a time. */
export function closePaced(sessions: readonly Session[], clock: Clock): void {
  for (const session of sessions.slice(0, closedAtOnce)) session.close('admin');
  const left = sessions.slice(closedAtOnce);
  if (left.length > 0) clock.setTimer(nextPortionMs, () => closePaced(left, clock));
}
