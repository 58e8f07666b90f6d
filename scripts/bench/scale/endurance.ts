import { startBackend } from '../backend.js';
import type { Bench } from '../bench.js';
import { lineChart, type Point } from '../line-chart.js';
import { markdownTable } from '../markdown.js';
import { withOwner } from '../owner.js';
import { formatNumber, slope } from '../statistics.js';
import type { Chapter } from './chapter.js';
import { ScaledGateway } from './gateway.js';
import { fileOf, timeReload } from './growth.js';
import { countAlive, holdSessions } from './sessions.js';

interface Extent {
  readonly endpoints: number;
  readonly sessions: number;
  readonly reloads: number;
}

interface Memory {
  readonly resident: readonly Point[];
  readonly heap: readonly Point[];
  /** The heap right after a full collection. */
  readonly held: readonly Point[];
  readonly dropped: number;
  readonly seconds: number;
}

/** Growth counts from here on: before, the heap finds its size. */
const settledAfterShare = 0.4;

/** Memory after many reloads: flat, or there is a leak. */
export async function enduranceChapter(bench: Bench): Promise<Chapter> {
  const extent: Extent = bench.options.quick
    ? { endpoints: 100, sessions: 100, reloads: 50 }
    : { endpoints: 1_000, sessions: 1_000, reloads: 1_000 };
  let memory: Memory | undefined;
  await withOwner(async (owner) => {
    const backend = await startBackend(owner, bench.tools, 'wide');
    const gateways = (port: number, turn: number) => fileOf(port, extent.endpoints, backend, turn);
    const gateway = await ScaledGateway.start(owner, { gateways: (port) => gateways(port, 0) });
    const clients = await holdSessions(owner, bench.tools, gateway.port, extent.sessions);
    const begin = performance.now();
    const samples: Sample[] = [];
    for (let turn = 1; turn <= extent.reloads; turn++) {
      await timeReload(gateway, gateways(gateway.port, turn));
      if (turn % (extent.reloads / 50) === 0) samples.push(await sample(gateway, turn));
    }
    memory = {
      resident: samples.map(({ resident }) => resident),
      heap: samples.map(({ heap }) => heap),
      held: samples.map(({ held }) => held),
      seconds: (performance.now() - begin) / 1000,
      dropped: extent.sessions - (await countAlive(clients)),
    };
  });
  bench.say(`scale: ${extent.reloads} reloads`);
  return enduranceText(
    memory ?? { resident: [], heap: [], held: [], dropped: 0, seconds: 0 },
    extent,
  );
}

interface Sample {
  readonly resident: Point;
  readonly heap: Point;
  readonly held: Point;
}

async function sample(gateway: ScaledGateway, turn: number): Promise<Sample> {
  const resident: Point = [turn, gateway.residentMiB()];
  const heap: Point = [turn, await heapMiB(gateway)];
  await gateway.collectGarbage();
  return { resident, heap, held: [turn, await heapMiB(gateway)] };
}

async function heapMiB(gateway: ScaledGateway): Promise<number> {
  return ((await gateway.metrics()).get('process_heap_used_bytes') ?? Number.NaN) / 2 ** 20;
}

function enduranceText(
  { resident, heap, held, dropped, seconds }: Memory,
  extent: Extent,
): Chapter {
  const { endpoints, sessions, reloads } = extent;
  const late = (points: readonly Point[]) =>
    points.filter(([x]) => x > reloads * settledAfterShare);
  const row = (what: string, points: readonly Point[]): string[] => [
    what,
    formatNumber(points[0]?.[1] ?? Number.NaN),
    formatNumber(Math.max(...points.map(([, y]) => y))),
    formatNumber(points.at(-1)?.[1] ?? Number.NaN),
    formatNumber(slope(late(points)) * 1024),
  ];
  const firstAt = Math.round(reloads / 50);
  const head = ['MiB', `after ${firstAt}`, 'most', `after ${reloads}`, 'growth, kB a reload'];
  const table = markdownTable(head, [
    row('resident', resident),
    row('heap in use', heap),
    row('heap, collected', held),
  ]);
  const chart = lineChart({
    title: `Memory over ${reloads} reloads, MiB`,
    xLabel: 'reloads',
    series: [
      { name: 'resident', points: resident },
      { name: 'heap in use', points: heap },
      { name: 'heap, collected', points: held },
    ],
  });
  return {
    text: `## After ${reloads} reloads\n\n![Memory over ${reloads} reloads](scale-reloads.svg)\n\n${table}\n\n${reloads} reloads of ${endpoints} endpoints in ${Math.round(seconds)} s, each exchanging one in ten, under ${sessions} open sessions, of which ${dropped} were dropped. Growth is the slope of the samples after the first ${settledAfterShare * 100} %, while the heap finds its size. A heap in use is a sawtooth: what the collector has not yet taken counts. The last row is measured right after a full collection, which each sample ends with: it is what the gateway holds on to.`,
    plots: [{ name: 'scale-reloads.svg', svg: chart }],
  };
}
