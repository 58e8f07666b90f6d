import { errorMessage, GatewayError } from '../model/errors.js';
import { formatDuration } from '../model/duration.js';
import type { SessionView } from '../model/views.js';
import { ask, order, readable, type AdminTarget } from './admin-client.js';
import { plain, standardTerminal } from './terminal.js';

/** Which sessions: those that fit all that is given. */
export interface CloseOptions extends AdminTarget {
  readonly ids: readonly string[];
  /** `GATEWAY` or `GATEWAY/ENDPOINT` */
  readonly endpoint: string | undefined;
  readonly olderThanMs: number | undefined;
}

export interface SessionsOptions extends CloseOptions {
  readonly json: boolean;
}

const answerTimeoutMs = 30_000;

interface Listed {
  readonly total: number;
  readonly sessions: readonly SessionView[];
}

/** Shows who is connected to what, the oldest first. 0, or 1 where the gateway is not reached. */
export async function list(options: SessionsOptions, terminal = standardTerminal): Promise<number> {
  return told(terminal.err.bind(terminal), async () => {
    const path = `/api/v1/sessions?${queryOf(options)}`;
    const answer = await ask<Listed>(options, path, answerTimeoutMs);
    const text = readable(options, () =>
      options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : table(answer),
    );
    terminal.out(text);
  });
}

/** Closes some. 0, or 1 where that was refused. */
export async function close(options: CloseOptions, terminal = standardTerminal): Promise<number> {
  return told(terminal.err.bind(terminal), async () => {
    const path = `/api/v1/sessions/close?${queryOf(options)}`;
    const { closing } = await order<{ readonly closing: number }>(options, path, answerTimeoutMs);
    terminal.out(`closing ${closing === 1 ? '1 session' : `${closing} sessions`}\n`);
  });
}

function queryOf({ ids, endpoint, olderThanMs }: CloseOptions): string {
  const query = new URLSearchParams(ids.map((id): [string, string] => ['id', id]));
  if (endpoint !== undefined) query.set('endpoint', endpoint);
  if (olderThanMs !== undefined) query.set('older-than-ms', String(olderThanMs));
  return query.toString();
}

async function told(err: (text: string) => void, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    err(`${plain(errorMessage(error))}\n`);
    return 1;
  }
}

const heads = ['ID', 'CLIENT', 'ENDPOINT', 'STATE', 'AGE', 'IDLE', 'SENT', 'RECEIVED'] as const;

function table({ total, sessions }: Listed): string {
  const rows = sessions.map((session) =>
    [
      String(session.id),
      session.client,
      `${session.gateway}/${session.endpoint === '' ? '-' : session.endpoint}`,
      session.state,
      span(session.ageMs),
      span(session.idleMs),
      String(session.bytesSent),
      String(session.bytesReceived),
    ].map(plain),
  );
  const widths = heads.map((head, at) =>
    rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), head.length),
  );
  const lines = [[...heads], ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const more = total > sessions.length ? [`… and ${total - sessions.length} more`] : [];
  return [...lines, ...more].map((line) => `${line}\n`).join('');
}

/** To the second. */
function span(ms: number): string {
  return formatDuration(Math.floor(ms / 1_000) * 1_000);
}
