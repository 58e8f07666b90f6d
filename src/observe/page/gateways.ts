import type { SourceStatus } from '../../model/ports.js';
import type { GatewayView, UpstreamView } from '../../model/views.js';
import type { State } from '../admin/state.js';
import { Charts } from './charts.js';
import { byId, make, setChildren, setClass, setText } from './dom.js';
import { formatSpan, plural, upstreamName } from './format.js';
import type { Series } from './series.js';
import { rankOf, stateOf, UpstreamTable } from './upstream-table.js';

const mostCards = 50;
const mostOpenAtFirst = 6;

/** A card for each gateway; in a large file the filter finds those beyond the first 50. */
export class GatewayList {
  readonly #place = byId('gateway-list', HTMLDivElement);
  readonly #filter = byId('filter', HTMLInputElement);
  readonly #rest = make('p', { class: 'muted', role: 'status' });
  readonly #cards = new Map<string, Card>();
  readonly #seriesOf: (gateway: string) => Series;
  #state: State | undefined;

  constructor(seriesOf: (gateway: string) => Series) {
    this.#seriesOf = seriesOf;
    this.#filter.addEventListener('input', () => this.#redraw());
  }

  update(state: State): void {
    this.#state = state;
    this.#redraw();
  }

  updateCharts(): void {
    for (const card of this.#cards.values()) card.updateCharts();
  }

  #redraw(): void {
    const state = this.#state;
    if (!state) return;
    const word = this.#filter.value.trim().toLowerCase();
    const matching = state.gateways
      .map((gateway) => narrow(gateway, word))
      .filter((gateway) => gateway !== undefined);
    const shown = matching.sort((a, b) => rank(a) - rank(b)).slice(0, mostCards);
    this.#forgetOthers(new Set(shown.map(({ name }) => name)));
    const few = state.gateways.length <= mostOpenAtFirst;
    const cards = shown.map((gateway, index) => {
      const open = few || (index < mostOpenAtFirst && countColour(gateway.upstreams) !== 'good');
      return this.#card(gateway, state, open);
    });
    setText(this.#rest, restText(matching.length, state.gateways.length));
    setChildren(this.#place, [...cards, this.#rest]);
  }

  /** `open` holds for a card that is new: later it is the reader's. */
  #card(gateway: GatewayView, state: State, open: boolean): HTMLElement {
    const card =
      this.#cards.get(gateway.name) ??
      new Card(gateway.name, open, this.#seriesOf(gateway.name), () => this.#redraw());
    this.#cards.set(gateway.name, card);
    card.update(gateway, state);
    return card.element;
  }

  #forgetOthers(names: ReadonlySet<string>): void {
    for (const [name, card] of this.#cards) {
      if (names.has(name)) continue;
      card.close();
      this.#cards.delete(name);
    }
  }
}

/** The gateway with the upstreams that match; all of them if its own name does. */
function narrow(gateway: GatewayView, word: string): GatewayView | undefined {
  const own = [gateway.name, ...gateway.listeners].join(' ').toLowerCase();
  if (own.includes(word)) return gateway;
  const upstreams = gateway.upstreams.filter((upstream) =>
    `${upstreamName(upstream)} ${stateOf(upstream)}`.toLowerCase().includes(word),
  );
  return upstreams.length === 0 ? undefined : { ...gateway, upstreams };
}

function restText(matching: number, all: number): string {
  if (all === 0) return 'No gateway runs.';
  if (matching === 0) return 'Nothing matches the filter.';
  return matching > mostCards
    ? `${plural(matching - mostCards, 'more gateway')}: filter by name.`
    : '';
}

class Card {
  readonly element = make('details', { class: 'card' });
  readonly #counts = make('span', { class: 'badge' });
  readonly #listeners = make('span', { class: 'mono muted' });
  readonly #sources = make('ul', { class: 'sources muted' });
  readonly #charts: Charts;
  readonly #table: UpstreamTable;

  constructor(name: string, open: boolean, series: Series, redraw: () => void) {
    this.#charts = new Charts(series);
    this.#table = new UpstreamTable(name, redraw);
    const summary = make('summary', {}, make('h3', {}, name), this.#counts, this.#listeners);
    const body = make(
      'div',
      { class: 'body' },
      this.#sources,
      this.#charts.element,
      this.#table.element,
    );
    this.element.append(summary, body);
    this.element.open = open;
    this.element.addEventListener('toggle', redraw);
  }

  update(gateway: GatewayView, state: State): void {
    const { upstreams, listeners } = gateway;
    setText(this.#counts, countText(upstreams));
    setClass(this.#counts, `badge ${countColour(upstreams)}`);
    setText(this.#listeners, listeners.join(', '));
    if (!this.element.open) return;
    const sources = state.sources.filter((source) => source.gateway === gateway.name);
    this.#sources.replaceChildren(...sources.map((source) => showSource(source, state.nowMs)));
    this.#table.update(upstreams, state.nowMs);
  }

  updateCharts(): void {
    if (this.element.open) this.#charts.update();
  }

  close(): void {
    this.#charts.close();
  }
}

function countText(upstreams: readonly UpstreamView[]): string {
  const counts = new Map<string, number>();
  for (const upstream of upstreams) {
    const state = stateOf(upstream);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const parts = [...counts]
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([state, count]) => `${count} ${state}`);
  return parts.length === 0 ? 'no endpoints' : parts.join(', ');
}

/** Trouble comes first. */
function rank({ upstreams }: GatewayView): number {
  return ['bad', 'warn', 'good'].indexOf(countColour(upstreams));
}

function countColour(upstreams: readonly UpstreamView[]): string {
  const alive = upstreams.filter(({ state }) => state === 'healthy').length;
  if (alive === 0) return 'bad';
  return upstreams.every((upstream) => stateOf(upstream) === 'healthy') ? 'good' : 'warn';
}

const sourceNames: Readonly<Record<string, string>> = {
  srv: 'SRV records of',
  members: 'the member list, asked of',
};

function showSource(source: SourceStatus, nowMs: number): HTMLElement {
  const { kind, subject, endpoints, answeredAtMs, nextAtMs, error } = source;
  const age =
    answeredAtMs === undefined
      ? 'no answer yet'
      : `answered ${formatSpan(nowMs - answeredAtMs)} ago`;
  const next = nextAtMs === undefined ? '' : `, next look in ${formatSpan(nextAtMs - nowMs)}`;
  const from = `From ${sourceNames[kind] ?? kind} ${subject}`;
  const facts = `${from}: ${plural(endpoints, 'endpoint')}, ${age}${next}. `;
  return make(
    'li',
    {},
    facts,
    ...(error === undefined ? [] : [make('span', { class: 'warn' }, error)]),
  );
}
