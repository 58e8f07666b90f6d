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
    const held = await holdSessions(owner, bench.tools, gateway.port, extent.sessions);
    const begin = performance.now();
    const samples: [Point, Point][] = [];
    for (let turn = 1; turn <= extent.reloads; turn++) {
      await timeReload(gateway, gateways(gateway.port, turn));
      if (turn % (extent.reloads / 50) === 0) samples.push(await sample(gateway, turn));
    }
    memory = {
      resident: samples.map(([resident]) => resident),
      heap: samples.map(([, heap]) => heap),
      seconds: (performance.now() - begin) / 1000,
      dropped: extent.sessions - (await countAlive(held)),
    };
  });
  bench.say(`scale: ${extent.reloads} reloads`);
  return enduranceText(memory ?? { resident: [], heap: [], dropped: 0, seconds: 0 }, extent);
}

async function sample(gateway: ScaledGateway, turn: number): Promise<[Point, Point]> {
  const heapBytes = (await gateway.metrics()).get('process_heap_used_bytes') ?? Number.NaN;
  return [
    [turn, gateway.residentMiB()],
    [turn, heapBytes / 2 ** 20],
  ];
}

function enduranceText({ resident, heap, dropped, seconds }: Memory, extent: Extent): Chapter {
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
  const table = markdownTable(head, [row('resident', resident), row('heap in use', heap)]);
  const chart = lineChart({
    title: `Memory over ${reloads} reloads, MiB`,
    xLabel: 'reloads',
    series: [
      { name: 'resident', points: resident },
      { name: 'heap in use', points: heap },
    ],
  });
  return {
    text: `## After ${reloads} reloads\n\n![Memory over ${reloads} reloads](scale-reloads.svg)\n\n${table}\n\n${reloads} reloads of ${endpoints} endpoints in ${Math.round(seconds)} s, each exchanging one in ten, under ${sessions} open sessions, of which ${dropped} were dropped. Growth is the slope of the samples after the first ${settledAfterShare * 100} %, while the heap finds its size. A heap in use is a sawtooth: what the collector has not yet taken counts.`,
    plots: [{ name: 'scale-reloads.svg', svg: chart }],
  };
}
