import type { ConfigProblem } from '../../model/config.js';
import type { GatewayEvent } from '../../model/events.js';
import type { PlanSummary, Verdict } from '../../model/plan.js';
import { formatSpan, plural, upstreamName } from './format.js';

/** An event with its id and its time on the gateway's clock. */
export type ToldEvent = GatewayEvent & { readonly id: string; readonly atMs: number };

export type Topic = 'reloads' | 'health' | 'sources' | 'other';

/** An event in words. */
export interface Entry {
  readonly topic: Topic;
  readonly label: string;
  readonly colour: '' | 'good' | 'bad' | 'warn';
  readonly text: string;
  readonly changes: readonly Change[];
}

/** A line below an entry: what was added, removed or changed, or what is wrong. */
export interface Change {
  readonly sign: '+' | '-' | '~' | '!';
  readonly what: string;
}

const longestValue = 200;

/** Undefined for what the timeline does not show. */
export function describe(event: ToldEvent): Entry | undefined {
  switch (event.type) {
    case 'reconciled':
      return describeVerdict(event.verdict);
    case 'upstream-ejected':
      return health('ejected', 'bad', `${at(event)}: ${event.reason}`);
    case 'upstream-returned':
      return health('returned', 'good', `${at(event)} after ${formatSpan(event.ejectedForMs)}`);
    case 'pool-down':
      return health('down', 'bad', `${event.gateway}: ${event.reason}`);
    case 'pool-up':
      return health(
        'up',
        'good',
        `${event.gateway} has an upstream again, after ${formatSpan(event.downForMs)}`,
      );
    case 'checks-impossible':
      return health('not checked', 'warn', `${event.gateway}: ${event.reason}`);
    case 'checks-possible':
      return health('checked', 'good', `${event.gateway}: health checks can be made again`);
    case 'source-answered':
      return source(
        'answered',
        'good',
        `${event.gateway}, ${event.source}: ${plural(event.endpoints.length, 'endpoint')}`,
      );
    case 'source-failed':
      return source(
        'failed',
        'warn',
        `${event.gateway}, ${event.source}: ${event.reason}; ${plural(event.kept, 'endpoint')} stay`,
      );
    case 'target-refused':
      return source('target refused', 'warn', `${event.gateway}, ${event.target}: ${event.reason}`);
    case 'host-failed':
      return source('lookup failed', 'warn', `${event.host}: ${event.reason}`);
    case 'host-resolved':
      return source('resolved', 'good', `${event.host}: ${event.addresses.join(', ')}`);
    case 'file-missing':
      return reload('file missing', 'warn', `${event.file}: ${event.reason}`);
    case 'file-back':
      return reload('file back', 'good', event.file);
    case 'notice':
      return {
        topic: 'other',
        label: event.level,
        colour: noticeColours[event.level],
        text: noticeText(event),
        changes: [],
      };
    default:
      return undefined;
  }
}

function describeVerdict(verdict: Verdict): Entry | undefined {
  if (verdict.outcome === 'unchanged') return undefined;
  const by = `by ${verdict.trigger}`;
  if (verdict.outcome === 'rejected') {
    const rejected = reload('rejected', 'bad', `${verdict.reason} (${by})`);
    return { ...rejected, changes: verdict.problems.map(mistake) };
  }
  const draining =
    verdict.sessionsDraining > 0 ? `, ${plural(verdict.sessionsDraining, 'session')} draining` : '';
  const text = `generation ${verdict.generation} ${by}, ${Math.ceil(verdict.durationMs)} ms${draining}`;
  return { ...reload('applied', 'good', text), changes: changesOf(verdict.plan) };
}

function mistake({ line, column, path, what, hint }: ConfigProblem): Change {
  const where = path === '' ? '' : `${path}: `;
  return {
    sign: '!',
    what: `${line}:${column}: ${where}${what}${hint === '' ? '' : ` (${hint})`}`,
  };
}

function changesOf({ gateways, listeners, endpoints, settings, values }: PlanSummary): Change[] {
  const list = (sign: Change['sign'], kind: string, names: readonly string[]): Change[] =>
    names.map((name) => {
      const value = values[name];
      return { sign, what: `${kind} ${name}${value === undefined ? '' : `  ${value}`}` };
    });
  return [
    ...list('+', 'gateway', gateways.added),
    ...list('-', 'gateway', gateways.removed),
    ...list('+', 'listener', listeners.added),
    ...list('-', 'listener', listeners.removed),
    ...list('+', 'endpoint', endpoints.added),
    ...list('-', 'endpoint', endpoints.removed),
    ...list('~', 'endpoint', endpoints.updated),
    ...list('~', 'setting', settings),
  ];
}

const noticeColours = { error: 'bad', warn: 'warn', info: '', debug: '' } as const;

function noticeText({ message, fields }: Extract<ToldEvent, { type: 'notice' }>): string {
  const told = Object.entries(fields).map(([name, value]) => `${name} ${shorten(value)}`);
  return [message, ...told].join(', ');
}

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

function at(event: { gateway: string; endpoint: string; address?: string }): string {
  return `${event.gateway}, ${upstreamName(event)}`;
}

type Describe = (label: string, colour: Entry['colour'], text: string) => Entry;

function topic(name: Topic): Describe {
  return (label, colour, text) => ({ topic: name, label, colour, text, changes: [] });
}

const health = topic('health');
const source = topic('sources');
const reload = topic('reloads');
