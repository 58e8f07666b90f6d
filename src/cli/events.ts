import { setTimeout as sleep } from 'node:timers/promises';

import { errorMessage, GatewayError } from '../model/errors.js';
import { escapeUnseen } from '../observe/log/text.js';
import { describe, type Entry, type ToldEvent } from '../observe/page/timeline-text.js';
import { adminName, follow, readable, type AdminTarget } from './admin-client.js';
import { framesOf } from './event-frames.js';
import {
  painter,
  plain,
  standardTerminal,
  type Colour,
  type Paint,
  type Terminal,
} from './terminal.js';

export interface EventsOptions extends AdminTarget {
  readonly follow: boolean;
  readonly json: boolean;
}

/** The gateway sends a sample each second. */
const silentMs = 10_000;
const retryMs = 1_000;

/**
 * Prints what a running gateway has kept of what happened; with `follow`, then what comes, until the
 * command is interrupted: a gateway that goes away is waited for. 0, or 1 where it was not reached.
 */
export async function run(options: EventsOptions, terminal = standardTerminal): Promise<number> {
  const reader = new Reader(options, terminal);
  let told = '';
  for (;;) {
    try {
      await reader.read(() => (told = ''));
      if (!options.follow) return 0;
      throw ended(options);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const text = `${plain(errorMessage(error))}\n`;
      if (text !== told) terminal.err(text);
      told = text;
      if (!options.follow || !reader.hasRead) return 1;
    }
    await sleep(retryMs);
  }
}

/** Remembers what it has printed, so that a new stream goes on after it. */
class Reader {
  hasRead = false;
  #lastId = '';

  constructor(
    readonly options: EventsOptions,
    readonly terminal: Terminal,
  ) {}

  /** Ends with the stream, or when all that was kept is printed: the first sample follows it. */
  async read(connected: () => void): Promise<void> {
    const headers = this.#lastId === '' ? {} : { 'Last-Event-ID': this.#lastId };
    for await (const frame of framesOf(follow(this.options, '/api/v1/events', silentMs, headers))) {
      if (!this.hasRead || frame.type === 'sample') connected();
      this.hasRead = true;
      if (frame.type === 'sample') {
        if (!this.options.follow) return;
        continue;
      }
      this.#lastId = frame.id;
      this.terminal.out(readable(this.options, () => this.#format(frame.data)));
    }
    if (!this.options.follow) throw ended(this.options);
  }

  #format(data: string): string {
    const event = JSON.parse(data) as ToldEvent;
    if (this.options.json) return `${escapeUnseen(JSON.stringify(event))}\n`;
    const entry = describe(event);
    return entry ? formatEntry(event.atMs, entry, painter(this.terminal)) : '';
  }
}

function ended(target: AdminTarget): GatewayError {
  const message = `the gateway at ${adminName(target)} has ended the stream of events`;
  return new GatewayError(message, { code: 'EENDED', side: 'system' });
}

const colours: Readonly<Record<Entry['colour'], Colour | undefined>> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  '': undefined,
};

/** A line, and one for each change below it. */
function formatEntry(atMs: number, { label, colour, text, changes }: Entry, paint: Paint): string {
  const time = new Date(atMs).toLocaleString('sv-SE'); // 2026-01-31 14:03:59
  const ours = colours[colour];
  const padded = plain(label).padEnd(14);
  const lines = [
    `${time}  ${ours ? paint(ours, padded) : padded}${plain(text)}`,
    ...changes.map(({ sign, what }) => `    ${sign} ${plain(what)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
