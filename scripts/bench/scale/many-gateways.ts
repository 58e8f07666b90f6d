import { startBackend } from '../backend.js';
import type { Bench } from '../bench.js';
import { markdownTable } from '../markdown.js';
import { type Owner, withOwner } from '../owner.js';
import { formatNumber, formatSpread, type Spread, spread } from '../statistics.js';
import { loopbackAddress, loopbackEndpoints } from './addresses.js';
import type { Chapter } from './chapter.js';
import { type Gateways, ScaledGateway } from './gateway.js';
import { timeReload } from './growth.js';
import { type RoundTrips, roundTripsDuring } from './sessions.js';

const endpointsEach = 3;

/** Listeners live above all endpoints. */
const firstListener = 500_000;

interface Figures {
  readonly gateways: number;
  readonly startedInMs: number;
  readonly memoryMiB: number;
  readonly oneChangedMs: Spread;
  readonly allChangedMs: Spread;
  readonly addedMs: number;
  readonly whileChanging: RoundTrips;
}

/** Many gateways in one file, each with a listener and three endpoints of its own. */
export async function manyGatewaysChapter(bench: Bench): Promise<Chapter> {
  const columns: Figures[] = [];
  for (const count of bench.options.quick ? [10, 100] : [10, 100, 1_000]) {
    await withOwner(async (owner) => {
      columns.push(await measureMany(owner, bench, count));
    });
    bench.say(`scale: ${count} gateways`);
  }
  const row = (what: string, of: (figures: Figures) => string): string[] => [
    what,
    ...columns.map(of),
  ];
  const table = markdownTable(
    ['gateways in the file', ...columns.map(({ gateways }) => gateways.toLocaleString('en-US'))],
    [
      row('start, ms', (f) => formatNumber(f.startedInMs)),
      row('MiB, no session', (f) => formatNumber(f.memoryMiB)),
      row('one gateway changed, ms', (f) => formatSpread(f.oneChangedMs)),
      row('all gateways changed, ms', (f) => formatSpread(f.allChangedMs)),
      row('a tenth more gateways, ms', (f) => formatNumber(f.addedMs)),
      row('longest round trip meanwhile, ms', (f) => formatNumber(f.whileChanging.longestMs)),
    ],
  );
  return {
    text: `## By gateways\n\n${table}\n\nEach gateway has a listener and ${endpointsEach} endpoints. Times run from the save to the verdict.`,
    plots: [],
  };
}

async function measureMany(owner: Owner, { tools }: Bench, count: number): Promise<Figures> {
  const backend = await startBackend(owner, tools, 'wide');
  const file = (port: number, gateways: number, weights: (index: number) => number): Gateways =>
    manyGateways(port, backend, gateways, weights);
  const even = (): number => 1;
  const setup = { gateways: (port: number) => file(port, count, even) };
  const gateway = await ScaledGateway.start(owner, setup);
  const memoryMiB = gateway.residentMiB();
  const one: number[] = [];
  const all: number[] = [];
  let addedMs = Number.NaN;
  const whileChanging = await roundTripsDuring(owner, tools, gateway.port, async () => {
    for (let turn = 1; turn <= 5; turn++) {
      const last = (index: number): number => (index === 0 ? turn + 1 : 1);
      one.push(await timeReload(gateway, file(gateway.port, count, last)));
      all.push(
        await timeReload(
          gateway,
          file(gateway.port, count, () => turn + 10),
        ),
      );
    }
    addedMs = await timeReload(
      gateway,
      file(gateway.port, Math.ceil(count * 1.1), () => 15),
    );
  });
  return {
    gateways: count,
    startedInMs: gateway.startedInMs,
    memoryMiB,
    oneChangedMs: spread(one),
    allChangedMs: spread(all),
    addedMs,
    whileChanging,
  };
}

/** The one that is waited for stands last: when it accepts, the others have been bound. */
function manyGateways(
  port: number,
  backend: number,
  count: number,
  weightOf: (index: number) => number,
): Gateways {
  const gateways = Array.from({ length: count }, (_, index) => {
    const listen = index === 0 ? `127.0.0.1:${port}` : loopbackAddress(firstListener + index, port);
    const endpoints = loopbackEndpoints(endpointsEach, backend, index * endpointsEach);
    const [first, ...others] = endpoints.map((addr) => ({ addr, weight: 1 }));
    return [
      `g${index}`,
      { 'listen-addr': listen, endpoints: [{ ...first, weight: weightOf(index) }, ...others] },
    ] as const;
  });
  return Object.fromEntries(gateways.reverse());
}
