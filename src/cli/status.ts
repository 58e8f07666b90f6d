import { setTimeout as sleep } from 'node:timers/promises';

import { errorMessage, GatewayError } from '../model/errors.js';
import { quote } from '../model/quote.js';
import type { GatewayState, State } from '../observe/admin/state.js';
import { escapeUnseen } from '../observe/log/text.js';
import { readable } from './admin-client.js';
import { fetchState } from './admin-state.js';
import type { StatusOptions } from './arguments.js';
import { formatStatus, type Watched } from './status-text.js';
import { painter, plain, plainLines, standardTerminal, type Terminal } from './terminal.js';

const redrawMs = 1_000;
const clearScreen = '\u001B[H\u001B[J';

/** Shows what a running gateway does. 0: ready; 1: not ready or not reached. */
export async function run(options: StatusOptions, terminal = standardTerminal): Promise<number> {
  if (options.watch) return watch(options, terminal);
  const { isReady, text, error } = await look(options, terminal);
  terminal.out(text);
  terminal.err(error);
  return isReady ? 0 : 1;
}

/**
 * Until the process is interrupted. A screen is drawn anew each time; where lines follow one another,
 * an error is told once, and again only when it has changed or was gone meanwhile.
 */
async function watch(options: StatusOptions, terminal: Terminal): Promise<never> {
  const isScreen = terminal.interactive && !options.json;
  let told = '';
  let before: State | undefined;
  for (;;) {
    const { text, error, state } = await look(options, terminal, { before });
    before = state ?? before;
    terminal.out(isScreen ? clearScreen + text : text);
    if (isScreen || error !== told) terminal.err(error);
    told = error;
    await sleep(redrawMs);
  }
}

interface Look {
  readonly isReady: boolean;
  readonly text: string;
  /** What kept it from knowing; empty: nothing did. */
  readonly error: string;
  /** What is shown. */
  readonly state: State | undefined;
}

async function look(options: StatusOptions, terminal: Terminal, watched?: Watched): Promise<Look> {
  try {
    const state = await fetchState(options);
    const shown = readable(options, () => only(options.gateway, state));
    const text = readable(options, () => format(shown, options, terminal, watched));
    return { isReady: shown.ready, text, error: '', state: shown };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { isReady: false, text: '', state: undefined, error: `${plain(errorMessage(error))}\n` };
  }
}

/** JSON for people is indented; in a stream each state is one line. */
function format(
  state: State,
  { json, watch }: StatusOptions,
  terminal: Terminal,
  watched: Watched | undefined,
): string {
  if (json) return `${formatJson(state, watch ? 0 : 2)}\n`;
  return plainLines(formatStatus(state, terminal.columns, painter(terminal), watched));
}

/**
 * One gateway of the state.
 * @throws GatewayError where there is none of that name.
 */
function only(name: string | undefined, state: State): State {
  if (name === undefined) return state;
  const gateway = state.gateways.find((each) => each.name === name);
  if (!gateway) throw noSuchGateway(name, state.gateways);
  const { ready, reasons } = gateway;
  const sources = state.sources.filter((source) => source.gateway === name);
  return { ...state, ready, reasons, sources, gateways: [gateway] };
}

function noSuchGateway(name: string, gateways: readonly GatewayState[]): GatewayError {
  const names = gateways.map((gateway) => gateway.name).join(', ');
  const message = `there is no gateway ${quote(name)} (${names === '' ? 'there is none yet' : `there are: ${names}`})`;
  return new GatewayError(message, { code: 'ENOGATEWAY', side: 'config' });
}

/** Means the same, and no terminal obeys it. */
function formatJson(state: State, indent: number): string {
  const lines = JSON.stringify(state, undefined, indent).split('\n');
  return lines.map(escapeUnseen).join('\n');
}
