import { GatewayError } from '../../model/errors.js';
import type { SessionFilter } from '../../model/views.js';
import type { AdminBackend } from '../backend.js';
import { json, text, type Reply } from './reply.js';

/** More are not listed. */
const mostSessions = 10_000;

/** `POST /api/v1/drain?endpoint=GATEWAY/ENDPOINT`, and `undrain`. 404: there is none; 409: it cannot be done. */
export async function drainReply(
  backend: Pick<AdminBackend, 'drain'>,
  query: URLSearchParams,
  isDrained: boolean,
): Promise<Reply> {
  const target = targetOf(query);
  if (!target?.endpoint) return text(400, 'Name the endpoint: ?endpoint=GATEWAY/HOST:PORT.');
  try {
    return json(200, await backend.drain(target.gateway, target.endpoint, isDrained));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return text(error.code === 'ENOENT' ? 404 : 409, error.message);
  }
}

/**
 * `GET /api/v1/sessions`: the oldest first. Which: all of `id=N` (several), `endpoint=GATEWAY[/ENDPOINT]` and
 * `older-than-ms=N` that are given.
 */
export async function sessionsReply(
  backend: Pick<AdminBackend, 'sessions'>,
  query: URLSearchParams,
): Promise<Reply> {
  const filter = filterOf(query);
  if (!filter) return notNumbers;
  const all = await backend.sessions(filter);
  return json(200, { total: all.length, sessions: all.slice(0, mostSessions) });
}

/** `POST /api/v1/sessions/close`, with at least one of those. */
export async function closeReply(
  backend: Pick<AdminBackend, 'closeSessions'>,
  query: URLSearchParams,
): Promise<Reply> {
  const filter = filterOf(query);
  if (!filter) return notNumbers;
  if (Object.keys(filter).length === 0) {
    return text(400, 'Say which: ?id=N, ?endpoint=GATEWAY[/HOST:PORT] or ?older-than-ms=3600000.');
  }
  return json(200, { closing: await backend.closeSessions(filter) });
}

const notNumbers = text(400, 'id and older-than-ms are numbers.');

/** Undefined: what should be a number is none. */
function filterOf(query: URLSearchParams): SessionFilter | undefined {
  const ids = query.getAll('id').map(Number);
  const age = query.get('older-than-ms');
  const olderThanMs = age === null ? 0 : Number(age);
  if (![...ids, olderThanMs].every(Number.isFinite)) return undefined;
  return {
    ...targetOf(query),
    ...(ids.length > 0 && { ids }),
    ...(age !== null && { olderThanMs }),
  };
}

function targetOf(
  query: URLSearchParams,
): { readonly gateway: string; readonly endpoint?: string } | undefined {
  const name = query.get('endpoint');
  if (name === null || name === '') return undefined;
  const slash = name.indexOf('/');
  if (slash < 0) return { gateway: name };
  return { gateway: name.slice(0, slash), endpoint: name.slice(slash + 1) };
}
