import { setTimeout as delay } from 'node:timers/promises';
import { startBackend } from '../backend.js';
import type { Bench } from '../bench.js';
import { lineChart } from '../line-chart.js';
import { markdownTable } from '../markdown.js';
import { type Owner, withOwner } from '../owner.js';
import { formatNumber, formatSpread, p99, type Spread, spread } from '../statistics.js';
import { loopbackEndpoints } from './addresses.js';
import { type Gateways, ScaledGateway } from './gateway.js';
import type { Chapter } from './chapter.js';
import { countAlive, holdSessions, type RoundTrips, roundTripsDuring } from './sessions.js';

interface Extent {
  readonly endpoints: readonly number[];
  readonly sessions: number;
  readonly reloads: number;
}

interface Growth {
  readonly endpoints: number;
  readonly startedInMs: number;
  readonly emptyMiB: number;
  readonly heldMiB: number;
  readonly effectMs: Spread;
  readonly effectP99Ms: number;
  readonly quiet: RoundTrips;
  readonly reloading: RoundTrips;
  readonly longestTurnMs: number;
  readonly dropped: number;
}

/** How time and memory grow with the endpoints of a file, under open sessions. */
export async function growthChapter(bench: Bench): Promise<Chapter> {
  const extent: Extent = bench.options.quick
    ? { endpoints: [10, 1_000], sessions: 500, reloads: 5 }
    : { endpoints: [10, 100, 1_000, 5_000], sessions: 5_000, reloads: 20 };
  const rows: Growth[] = [];
  for (const endpoints of extent.endpoints) {
    await withOwner(async (owner) => {
      rows.push(await measureGrowth(owner, bench, endpoints, extent));
    });
    bench.say(`scale: ${endpoints} endpoints`);
  }
  return growthText(rows, extent);
}

async function measureGrowth(
  owner: Owner,
  { tools }: Bench,
  endpoints: number,
  { sessions, reloads }: Extent,
): Promise<Growth> {
  const backend = await startBackend(owner, tools, 'wide');
  const file = (port: number, turn: number): Gateways => fileOf(port, endpoints, backend, turn);
  const gateway = await ScaledGateway.start(owner, { gateways: (port) => file(port, 0) });
  await delay(1_000);
  const emptyMiB = gateway.residentMiB();
  const held = await holdSessions(owner, tools, gateway.port, sessions);
  const heldMiB = gateway.residentMiB();
  const quiet = await roundTripsDuring(owner, tools, gateway.port, () => delay(3_000));
  const effects: number[] = [];
  await gateway.metrics(); // the longest turn counts from here on
  const reloading = await roundTripsDuring(owner, tools, gateway.port, async () => {
    for (let turn = 1; turn <= reloads; turn++) {
      effects.push(await timeReload(gateway, file(gateway.port, turn)));
      await delay(50);
    }
  });
  const metrics = await gateway.metrics();
  return {
    endpoints,
    startedInMs: gateway.startedInMs,
    emptyMiB,
    heldMiB,
    effectMs: spread(effects),
    effectP99Ms: p99(effects),
    quiet,
    reloading,
    longestTurnMs: (metrics.get('event_loop_delay_max_seconds') ?? Number.NaN) * 1000,
    dropped: sessions - (await countAlive(held)),
  };
}

/** From the save to the verdict: from then on new sessions follow the new file. */
export async function timeReload(gateway: ScaledGateway, gateways: Gateways): Promise<number> {
  const begin = performance.now();
  await gateway.write(gateways);
  await gateway.reload();
  return performance.now() - begin;
}

/** Every other file has exchanged one endpoint in ten, and one at least. */
export function fileOf(port: number, endpoints: number, backend: number, turn: number): Gateways {
  const from = turn % 2 === 0 ? 0 : Math.ceil(endpoints / 10);
  return {
    scale: {
      'listen-addr': `127.0.0.1:${port}`,
      endpoints: loopbackEndpoints(endpoints, backend, from),
    },
  };
}

function growthText(rows: readonly Growth[], { sessions, reloads }: Extent): Chapter {
  const number = (of: (row: Growth) => number): string[] =>
    rows.map((row) => formatNumber(of(row)));
  const table = markdownTable(
    ['endpoints in the file', ...rows.map((row) => row.endpoints.toLocaleString('en-US'))],
    [
      ['start, ms', ...number((r) => r.startedInMs)],
      ['save to verdict, ms', ...rows.map((r) => formatSpread(r.effectMs))],
      ['the same, p99', ...number((r) => r.effectP99Ms)],
      ['longest round trip without reloads, ms', ...number((r) => r.quiet.longestMs)],
      ['longest round trip while reloading, ms', ...number((r) => r.reloading.longestMs)],
      ['p99 of the round trips while reloading, ms', ...number((r) => r.reloading.p99Ms)],
      ['longest turn of the event loop while reloading, ms', ...number((r) => r.longestTurnMs)],
      ['MiB, no session', ...number((r) => r.emptyMiB)],
      [`MiB, ${sessions} sessions`, ...number((r) => r.heldMiB)],
      ['sessions dropped', ...number((r) => r.dropped)],
    ],
  );
  const line = (name: string, of: (row: Growth) => number) => ({
    name,
    points: rows.map((row) => [row.endpoints, of(row)] as const),
  });
  const time = lineChart({
    title: `Time by endpoints, under ${sessions} open sessions, ms`,
    xLabel: 'endpoints in the file',
    isLogarithmic: true,
    series: [
      line('start', (r) => r.startedInMs),
      line('save to verdict, median', (r) => r.effectMs.median),
      line('longest round trip while reloading', (r) => r.reloading.longestMs),
      line('the same without reloads', (r) => r.quiet.longestMs),
    ],
  });
  const memory = lineChart({
    title: 'Memory by endpoints, MiB',
    xLabel: 'endpoints in the file',
    series: [line(`${sessions} sessions`, (r) => r.heldMiB), line('no session', (r) => r.emptyMiB)],
  });
  return {
    text: `## By endpoints\n\n![Time by endpoints](scale-time.svg)\n\n![Memory by endpoints](scale-memory.svg)\n\n${table}\n\n${sessions} sessions are open, spread over all endpoints. Each of ${reloads} reloads exchanges one endpoint in ten. The time runs from the save to the verdict of \`POST /api/v1/reload\`, and includes \`reload.quiet-period\`, here 10 ms. Meanwhile one message a millisecond goes through the relay: its longest round trip is the longest stall that a session sees. The first row of round trips is what the machine itself does to them. The turn of the event loop is what \`etcd_gateway_event_loop_delay_max_seconds\` says, which looks each 20 ms.`,
    plots: [
      { name: 'scale-time.svg', svg: time },
      { name: 'scale-memory.svg', svg: memory },
    ],
  };
}
