import type { UpstreamView } from '../../model/views.js';
import { make, setChildren, setClass, setText, setTitle } from './dom.js';
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatSpan,
  plural,
  upstreamName,
} from './format.js';
import { rate } from './series.js';

const fewRows = 50;

/** Names and classes. */
const columns = [
  ['Endpoint', ''],
  ['State', 'state'],
  ['Sessions', 'number'],
  ['New/s', 'number'],
  ['Sent', 'number'],
  ['Received', 'number'],
  ['Why, last error', 'why'],
] as const;

/** Trouble comes first: an operator looks for it. */
const order: Readonly<Record<string, number>> = {
  ejected: 0,
  resolving: 1,
  suspected: 1,
  draining: 2,
  healthy: 3,
};
const colours: Readonly<Record<string, string>> = {
  ejected: 'bad',
  resolving: 'warn',
  suspected: 'warn',
  draining: 'warn',
  healthy: 'good',
};

/** The upstreams of a gateway: the first 50 of them until all are asked for. */
export class UpstreamTable {
  readonly element: HTMLElement;
  readonly #body = make('tbody');
  readonly #rows = new Map<string, Row>();
  readonly #more = make('button', { class: 'more', type: 'button' });
  #all = false;

  constructor(gateway: string, redraw: () => void) {
    const heads = columns.map(([name, kind]) => make('th', { scope: 'col', class: kind }, name));
    const caption = make('caption', { class: 'unseen' }, `Upstreams of ${gateway}`);
    const table = make(
      'table',
      {},
      caption,
      make('thead', {}, make('tr', {}, ...heads)),
      this.#body,
    );
    this.element = make('div', {}, table, this.#more);
    this.#more.addEventListener('click', () => {
      this.#all = !this.#all;
      redraw();
    });
  }

  update(upstreams: readonly UpstreamView[], nowMs: number): void {
    const sorted = [...upstreams].sort((a, b) => rank(a) - rank(b));
    const shown = this.#all ? sorted : sorted.slice(0, fewRows);
    const present = new Set(shown.map(upstreamName));
    for (const key of this.#rows.keys()) {
      if (!present.has(key)) this.#rows.delete(key);
    }
    setChildren(
      this.#body,
      shown.map((upstream) => this.#row(upstreamName(upstream), upstream, nowMs)),
    );
    this.element.hidden = upstreams.length === 0;
    this.#more.hidden = upstreams.length <= fewRows;
    const label = this.#all
      ? `Show the first ${fewRows}`
      : `Show all ${formatCount(upstreams.length)}`;
    setText(this.#more, label);
  }

  #row(name: string, upstream: UpstreamView, nowMs: number): HTMLElement {
    const row = this.#rows.get(name) ?? new Row(name);
    this.#rows.set(name, row);
    row.update(upstream, nowMs);
    return row.element;
  }
}

class Row {
  readonly element: HTMLElement;
  readonly #state = make('span', { class: 'badge' });
  readonly #sessions = make('td', { class: 'number', 'data-label': 'sessions' });
  readonly #opened = make('td', { class: 'number', 'data-label': 'new/s' });
  readonly #sent = make('td', { class: 'number', 'data-label': 'sent' });
  readonly #received = make('td', { class: 'number', 'data-label': 'received' });
  readonly #why = make('td', { class: 'why' });
  #before: { readonly nowMs: number; readonly counters: UpstreamView['counters'] } | undefined;

  constructor(name: string) {
    this.element = make(
      'tr',
      {},
      make('th', { scope: 'row', class: 'mono' }, name),
      make('td', {}, this.#state),
      this.#sessions,
      this.#opened,
      this.#sent,
      this.#received,
      this.#why,
    );
  }

  update(upstream: UpstreamView, nowMs: number): void {
    const shown = stateOf(upstream);
    setText(this.#state, shown);
    setClass(this.#state, `badge ${colours[shown] ?? ''}`);
    setText(this.#sessions, formatCount(upstream.sessions));
    setText(this.#why, explain(upstream, nowMs));
    this.#updateRates(upstream, nowMs);
  }

  #updateRates({ counters }: UpstreamView, nowMs: number): void {
    const before = this.#before;
    this.#before = { nowMs, counters };
    setTitle(this.#sent, `${formatBytes(counters.bytesSent)} in all`);
    setTitle(this.#received, `${formatBytes(counters.bytesReceived)} in all`);
    if (!before || nowMs <= before.nowMs) return;
    const seconds = (nowMs - before.nowMs) / 1000;
    const perSecond = (key: 'sessionsOpened' | 'bytesSent' | 'bytesReceived'): number =>
      rate(before.counters[key], counters[key], seconds);
    setText(this.#opened, perSecond('sessionsOpened').toFixed(1));
    setText(this.#sent, formatByteRate(perSecond('bytesSent')));
    setText(this.#received, formatByteRate(perSecond('bytesReceived')));
  }
}

export function stateOf({ state, suspected }: UpstreamView): string {
  return suspected && state === 'healthy' ? 'suspected' : state;
}

function nextTry(inMs: number): string {
  return inMs < 1_000 ? 'next try now' : `next try in ${formatSpan(inMs)}`;
}

function rank(upstream: UpstreamView): number {
  return rankOf(stateOf(upstream));
}

export function rankOf(state: string): number {
  return order[state] ?? 0;
}

function explain(upstream: UpstreamView, nowMs: number): string {
  const { reason, sinceMs, retryAtMs, lastError, counters } = upstream;
  const parts: string[] = [];
  if (reason !== '') parts.push(`${reason}, for ${formatSpan(nowMs - sinceMs)}`);
  if (retryAtMs !== undefined) parts.push(nextTry(retryAtMs - nowMs));
  if (lastError && !reason.includes(lastError.message)) {
    parts.push(`${lastError.message} ${formatSpan(nowMs - lastError.atMs)} ago`);
  }
  if (counters.ejections > 1) parts.push(`${plural(counters.ejections, 'ejection')} in all`);
  return parts.join('; ');
}
