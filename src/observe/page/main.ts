import type { Sample } from '../admin/sample.js';
import type { State } from '../admin/state.js';
import { Banners } from './banners.js';
import { Charts } from './charts.js';
import { byId, make, setClass, setText } from './dom.js';
import { formatSpan, formatTime } from './format.js';
import { GatewayList } from './gateways.js';
import { addUp, Recorder } from './series.js';
import { follow } from './stream.js';
import { Timeline } from './timeline.js';
import { formatYaml } from './yaml-text.js';

const pollMs = 2_000;
const settleMs = 150;

const recorders = new Map<string, Recorder>();
const total = new Recorder();
const overview = new Charts(total.series);
const gateways = new GatewayList((name) => recorderOf(name).series);
const banners = new Banners();
const timeline = new Timeline();
let timer: ReturnType<typeof setTimeout> | undefined;
let lastStateAtMs = 0;

function recorderOf(name: string): Recorder {
  const recorder = recorders.get(name) ?? new Recorder();
  recorders.set(name, recorder);
  return recorder;
}

function takeSample({ atMs, gateways: samples }: Sample): void {
  for (const sample of samples) recorderOf(sample.name).add(atMs, sample);
  const names = new Set(samples.map(({ name }) => name));
  for (const name of recorders.keys()) if (!names.has(name)) recorders.delete(name);
  total.add(atMs, addUp(samples));
  if (document.hidden) return;
  overview.update();
  gateways.updateCharts();
}

/** Looks once, soon; then again and again while somebody can see the page. */
function lookIn(delayMs: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void look(), delayMs);
}

async function look(): Promise<void> {
  try {
    const response = await fetch('/api/v1/state', { signal: AbortSignal.timeout(pollMs * 5) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show((await response.json()) as State);
  } catch (error) {
    showTrouble(`the state could not be read (${String(error)}), trying again`);
  } finally {
    if (!document.hidden) lookIn(pollMs);
  }
}

function show(state: State): void {
  lastStateAtMs = Date.now();
  showHeader(state);
  banners.update(state);
  gateways.update(state);
  showConfig(state);
  byId('overview', HTMLElement).hidden = state.gateways.length < 2;
}

function showHeader(state: State): void {
  const badge = byId('readiness', HTMLParagraphElement);
  setText(badge, state.ready ? 'ready' : 'not ready');
  setClass(badge, `badge ${state.ready ? 'good' : 'bad'}`);
  document.title = `${state.ready ? '' : '(!) '}etcd-gateway`;
  const facts: readonly (readonly [string, string])[] = [
    ['generation', String(state.generation)],
    ['up', formatSpan(state.nowMs - state.process.startedAtMs)],
    ['version', state.process.version],
    ['node', state.process.node],
    ['pid', String(state.process.pid)],
  ];
  byId('facts', HTMLDListElement).replaceChildren(
    ...facts.map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
  );
}

function showConfig({ config, reloads }: State): void {
  const applied = reloads.lastApplied ? `, applied ${formatTime(reloads.lastApplied.atMs)}` : '';
  const hash = config.hash === undefined ? '' : `, hash ${config.hash.slice(0, 12)}`;
  setText(byId('config-facts', HTMLParagraphElement), `${config.source}${hash}${applied}`);
  setText(byId('config', HTMLPreElement), formatYaml(config.effective));
}

function showLink(connected: boolean): void {
  if (!connected) {
    showTrouble('connection lost, trying again');
    return;
  }
  const link = byId('link', HTMLParagraphElement);
  setText(link, 'live');
  setClass(link, '');
  lookIn(0);
}

function showTrouble(what: string): void {
  const link = byId('link', HTMLParagraphElement);
  const age = lastStateAtMs === 0 ? '' : `; the figures are of ${formatTime(lastStateAtMs)}`;
  setText(link, `${what}${age}`);
  setClass(link, 'lost');
}

byId('overview', HTMLElement).append(overview.element);
document.addEventListener('visibilitychange', () => lookIn(0));
follow({
  onEvent: (event) => {
    timeline.add(event);
    lookIn(settleMs);
  },
  onSample: takeSample,
  onLink: showLink,
});
lookIn(0);
