import { setTimeout as sleep } from 'node:timers/promises';

import { errorMessage, GatewayError } from '../model/errors.js';
import type { State } from '../observe/admin/state.js';
import type { Drained } from '../observe/backend.js';
import { order, readable, type AdminTarget } from './admin-client.js';
import { fetchState } from './admin-state.js';
import { plain, standardTerminal, type Terminal } from './terminal.js';

export interface DrainOptions extends AdminTarget {
  /** `GATEWAY/ENDPOINT` */
  readonly endpoint: string;
  readonly draining: boolean;
  /** Ends when its last session has left. */
  readonly wait: boolean;
  /** How long it waits; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
}

const answerTimeoutMs = 30_000;
const lookEveryMs = 500;

/** Has a running gateway drain an endpoint, or takes that back. 0: it is so; 1: it is not, or sessions are left. */
export async function run(options: DrainOptions, terminal = standardTerminal): Promise<number> {
  try {
    const { endpoint, draining } = options;
    const path = `/api/v1/${draining ? 'drain' : 'undrain'}?endpoint=${encodeURIComponent(endpoint)}`;
    const answer = await order<Drained>(options, path, answerTimeoutMs);
    const sessions = readable(options, () => sessionsIn(answer.sessions));
    const what = draining ? `drains, ${sessions}` : `takes new sessions again, ${sessions}`;
    terminal.out(`${plain(endpoint)} ${what}\n`);
    return options.wait ? await waited(options, terminal) : 0;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    terminal.err(`${plain(errorMessage(error))}\n`);
    return 1;
  }
}

/** Until the last session has left, or the time is over. */
async function waited(options: DrainOptions, terminal: Terminal): Promise<number> {
  const { endpoint, timeoutMs = Infinity } = options;
  const endMs = performance.now() + timeoutMs;
  let shown = '';
  for (;;) {
    const left = readableCount(options, await fetchState(options));
    if (left === 0) {
      terminal.out(`${plain(endpoint)} has no sessions any more\n`);
      return 0;
    }
    const text = `${sessionsIn(left)} left`;
    if (performance.now() >= endMs) {
      terminal.err(`${plain(endpoint)}: ${text}; it drains on\n`);
      return 1;
    }
    if (terminal.interactive && text !== shown) terminal.err(`${text}\n`);
    shown = text;
    await sleep(Math.min(lookEveryMs, Math.max(1, endMs - performance.now())));
  }
}

function readableCount(options: DrainOptions, state: State): number {
  const slash = options.endpoint.indexOf('/');
  const gateway = options.endpoint.slice(0, slash);
  const endpoint = options.endpoint.slice(slash + 1);
  return readable(options, () =>
    state.gateways
      .filter(({ name }) => name === gateway)
      .flatMap(({ upstreams }) => upstreams)
      .filter((upstream) => upstream.endpoint === endpoint)
      .reduce((sum, { sessions }) => sum + sessions, 0),
  );
}

function sessionsIn(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`;
}
