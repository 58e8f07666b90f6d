import type { SourceStatus } from '../model/ports.js';
import type { UpstreamView } from '../model/views.js';
import type { FileState, GatewayState, State, UpstreamState } from '../observe/admin/state.js';
import { ratesSince, type Rate } from './status-rates.js';
import { plain, type Colour, type Paint } from './terminal.js';

const stateColours: Readonly<Record<ShownState, Colour>> = {
  healthy: 'green',
  suspected: 'yellow',
  resolving: 'yellow',
  ejected: 'red',
  draining: 'yellow',
  closed: 'dim',
};

/** Columns of the table beside the endpoint's: their widths with the space before each. */
const figureColumns = 10 + 10 + 9 + 9;
/** New sessions each second, of a watch. */
const newColumn = 8;
const narrowestEndpoint = 20;

/** For those who look again and again: rates instead of totals, and unhealthy endpoints first. */
export interface Watched {
  /** What was told before; undefined: this is the first look. */
  readonly before: State | undefined;
}

/** What `status` prints: no line is longer than `columns`. */
export function formatStatus(
  state: State,
  columns: number,
  paint: Paint,
  watched?: Watched,
): string {
  const rates = watched && ratesSince(watched.before, state);
  const figures = figureColumns + (rates ? newColumn : 0);
  const width = Math.min(
    columns - 2 - figures,
    Math.max(narrowestEndpoint, ...endpointsOf(state).map((name) => name.length)),
  );
  const lines = [
    ...formatHead(state, columns, paint),
    ...formatFile(state.config.source, state.config.file, columns, paint),
    ...state.gateways.flatMap((gateway) => [
      '',
      ...formatGateway(gateway, state, {
        ...{ columns, width, paint },
        rates: rates && ((upstream) => rates(gateway.name, upstream)),
      }),
    ]),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

interface Layout {
  readonly columns: number;
  /** Of the endpoint's column. */
  readonly width: number;
  readonly paint: Paint;
  /** Instead of totals. */
  readonly rates: ((upstream: UpstreamState) => Rate | undefined) | undefined;
}

function endpointsOf(state: State): string[] {
  return state.gateways.flatMap(({ upstreams }) => upstreams.map(({ endpoint }) => endpoint));
}

function formatHead(state: State, columns: number, paint: Paint): string[] {
  const verdict = state.ready ? paint('green', 'ready') : paint('red', 'not ready');
  const up = formatSpan(state.nowMs - state.process.startedAtMs);
  const reasons = state.reasons.flatMap((reason) => wrap(`! ${plain(reason)}`, columns, ''));
  return [
    `${verdict}, generation ${state.generation}, up ${up}, version ${plain(state.process.version)}`,
    ...wrap(`configuration: ${plain(state.config.source)}`, columns, ''),
    ...reasons.map((line) => paint('red', line)),
  ];
}

/** Cut at no width: a person needs the whole of what is wrong with the file. */
function formatFile(source: string, file: FileState, columns: number, paint: Paint): string[] {
  if (file.status === 'running') return [];
  const head = `! the file on disk is not what runs: ${plain(file.reason)}`;
  const problems = file.status === 'refused' ? file.problems : [];
  return [
    ...wrap(head, columns, ''),
    ...problems.flatMap(({ line, column, path, what, hint }) => {
      const remedy = hint === '' ? '' : ` (${hint})`;
      return wrap(plain(`${source}:${line}:${column}: ${path}: ${what}${remedy}`), columns, '  ');
    }),
  ].map((line) => paint('yellow', line));
}

function formatGateway(gateway: GatewayState, state: State, layout: Layout): string[] {
  const { columns, paint, rates } = layout;
  const heading = plain(`${gateway.name}  ${gateway.listeners.join(', ')}`);
  return [
    ...wrap(heading, columns, '').map((line) => paint('bold', line)),
    ...wrap(summarize(gateway), columns, '  '),
    ...formatObstacle(gateway, layout),
    ...state.sources
      .filter((source) => source.gateway === gateway.name)
      .flatMap((source) => formatSource(source, state.nowMs, columns)),
    paint('dim', formatRow('ENDPOINT', 'STATE', headings(layout), layout)),
    ...(gateway.upstreams.length === 0 ? [paint('yellow', '  no endpoint yet')] : []),
    ...byEndpoint(rates ? unhealthyFirst(gateway.upstreams) : gateway.upstreams).flatMap((some) =>
      formatEndpoint(some, state.nowMs, layout),
    ),
  ];
}

/** `97 healthy, 2 ejected, 1 draining, 12 sessions`: what a long table says, in a line. */
function summarize({ upstreams, dialing, maxSessions }: GatewayState): string {
  const counts = new Map<ShownState, number>([['healthy', 0]]);
  let sessions = 0;
  for (const upstream of upstreams) {
    const state = shownState(upstream);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    sessions += upstream.sessions;
  }
  const facts = [...counts].map(([state, count]) => `${count} ${state}`);
  const limited = ofLimit(sessions, maxSessions);
  facts.push(`${limited} ${limited === '1' ? 'session' : 'sessions'}`);
  if (dialing > 0) facts.push(`${dialing} ${dialing === 1 ? 'client waits' : 'clients wait'}`);
  return facts.join(', ');
}

type ShownState = UpstreamView['state'] | 'suspected';

function shownState({ state, suspected }: UpstreamView): ShownState {
  return suspected && state === 'healthy' ? 'suspected' : state;
}

function formatObstacle({ checksImpossible }: GatewayState, { columns, paint }: Layout): string[] {
  if (checksImpossible === undefined) return [];
  const text = `! health checks cannot be made: ${plain(checksImpossible)}`;
  return wrap(text, columns, '  ').map((line) => paint('yellow', line));
}

function formatSource(source: SourceStatus, nowMs: number, columns: number): string[] {
  const { kind, subject, endpoints, answeredAtMs, error } = source;
  const age =
    answeredAtMs === undefined ? 'never answered' : `answered ${formatAge(nowMs, answeredAtMs)}`;
  const facts = plain(
    `from ${kind} ${subject}: ${endpoints} ${endpoints === 1 ? 'endpoint' : 'endpoints'}, ${age}`,
  );
  return [
    ...wrap(facts, columns, '  '),
    ...(error === undefined ? [] : wrap(`! ${plain(error)}`, columns, '  ')),
  ];
}

/** Those of one endpoint stand beside each other. */
function byEndpoint(upstreams: readonly UpstreamState[]): readonly (readonly UpstreamState[])[] {
  const groups = new Map<string, UpstreamState[]>();
  for (const upstream of upstreams) {
    const group = groups.get(upstream.endpoint);
    if (group) group.push(upstream);
    else groups.set(upstream.endpoint, [upstream]);
  }
  return [...groups.values()];
}

/** A row; where its name has several addresses, the name and a row for each of them under it. */
function formatEndpoint(
  upstreams: readonly UpstreamState[],
  nowMs: number,
  layout: Layout,
): string[] {
  const [first] = upstreams;
  if (!first) return [];
  if (upstreams.length === 1) return formatUpstream(first.endpoint, first, nowMs, layout);
  const { endpoint, maxSessions } = first;
  const sessions = upstreams.reduce((sum, upstream) => sum + upstream.sessions, 0);
  const limit = maxSessions === undefined ? '' : `, ${ofLimit(sessions, maxSessions)} sessions`;
  return [
    ...wrap(plain(`${endpoint}${limit}`), layout.columns, '  '),
    ...upstreams.flatMap((upstream) => {
      const alone = { ...upstream, maxSessions: undefined }; // the addresses share the limit
      return formatUpstream(`  ${upstream.address ?? ''}`, alone, nowMs, layout);
    }),
  ];
}

function formatUpstream(
  label: string,
  upstream: UpstreamState,
  nowMs: number,
  layout: Layout,
): string[] {
  const { columns, width } = layout;
  const state = shownState(upstream);
  const name = plain(label);
  const isLong = name.length > width; // then it has lines of its own: two may differ at the end only
  return [
    ...(isLong ? wrap(name, columns, '  ') : []),
    formatRow(isLong ? '' : name, state, figuresOf(upstream, layout), layout, stateColours[state]),
    ...explain(upstream, nowMs).flatMap((line) => wrap(plain(line), columns, '      ')),
  ];
}

function formatRow(
  name: string,
  state: string,
  figures: readonly string[],
  { width, paint }: Layout,
  colour?: Colour,
): string {
  const padded = state.padEnd(9);
  return `  ${name.padEnd(width)} ${colour ? paint(colour, padded) : padded}${figures.join('')}`;
}

function headings({ rates }: Layout): string[] {
  const [sessions, sent, received] = ['SESSIONS'.padStart(10), 'SENT', 'RECEIVED'];
  if (!rates) return [sessions, sent.padStart(9), received.padStart(9)];
  return [sessions, 'NEW/S'.padStart(newColumn), 'SENT/S'.padStart(9), 'RECV/S'.padStart(9)];
}

function figuresOf(upstream: UpstreamState, { rates }: Layout): string[] {
  const { sessions, maxSessions, counters } = upstream;
  const taken = ofLimit(sessions, maxSessions).padStart(10);
  if (!rates) {
    const totals = [counters.bytesSent, counters.bytesReceived];
    return [taken, ...totals.map((bytes) => formatBytes(bytes).padStart(9))];
  }
  const rate = rates(upstream);
  const opened = rate ? formatRate(rate.sessionsOpened) : '-';
  const bytes = [rate?.bytesSent, rate?.bytesReceived].map((each) =>
    each === undefined ? '-' : formatBytes(each),
  );
  return [taken, opened.padStart(newColumn), ...bytes.map((text) => text.padStart(9))];
}

/** `3`, or `3/5` where 5 is the most. */
function ofLimit(sessions: number, maxSessions: number | undefined): string {
  return maxSessions === undefined ? String(sessions) : `${sessions}/${maxSessions}`;
}

function formatRate(perSecond: number): string {
  return perSecond.toFixed(perSecond < 10 && perSecond > 0 ? 1 : 0);
}

/** Keeps the order among equals. */
function unhealthyFirst(upstreams: readonly UpstreamState[]): readonly UpstreamState[] {
  const rank = (upstream: UpstreamState): number => ranks.indexOf(shownState(upstream));
  return [...upstreams].sort((a, b) => rank(a) - rank(b));
}

const ranks: readonly ShownState[] = [
  ...(['ejected', 'suspected', 'resolving', 'draining', 'closed', 'healthy'] as const),
];

function explain(upstream: UpstreamView, nowMs: number): readonly string[] {
  const { reason, lastError } = upstream;
  const lines: string[] = [];
  if (reason !== '')
    lines.push(`${sinceWhen(upstream, nowMs)}${reason}${nextTry(upstream, nowMs)}`);
  if (lastError && !reason.includes(lastError.message)) {
    lines.push(`last error ${formatAge(nowMs, lastError.atMs)}: ${lastError.message}`);
  }
  return lines;
}

/** A healthy one is so since it came or returned: that says nothing about why others are preferred. */
function sinceWhen({ state, sinceMs }: UpstreamView, nowMs: number): string {
  if (state === 'ejected') return `ejected ${formatAge(nowMs, sinceMs)}: `;
  if (state === 'healthy' || state === 'resolving') return '';
  return `${state} for ${formatSpan(Math.max(0, nowMs - sinceMs))}: `;
}

function nextTry({ state, retryAtMs }: UpstreamView, nowMs: number): string {
  if (state !== 'ejected') return '';
  if (retryAtMs === undefined) return ', its health checks bring it back';
  return `, next try in ${formatSpan(Math.max(0, retryAtMs - nowMs))}`;
}

/** Breaks at spaces, or anywhere in a word that is longer than a line. */
function wrap(text: string, columns: number, indent: string): string[] {
  const width = columns - indent.length;
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > width / 2 ? space : width;
    lines.push(indent + rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, indent + rest];
}

function formatAge(nowMs: number, atMs: number): string {
  return `${formatSpan(Math.max(0, nowMs - atMs))} ago`;
}

/** The two largest units: `3d4h`, `5m10s`, `12s`. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit));
  if (days) return `${days}d${(hours ?? 0) % 24}h`;
  if (hours) return `${hours}h${(minutes ?? 0) % 60}m`;
  return minutes ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

/** Three digits and a binary unit: `512B`, `1.50K`, `20.1M`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T', 'P'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)}${units[unit] ?? ''}`;
}
