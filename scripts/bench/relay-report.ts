import type { Bench } from './bench.js';
import { barChart } from './plot.js';
import { markdownTable } from './markdown.js';
import type { Report } from './report.js';
import { formatNumber, formatSpread, type Spread, spread } from './statistics.js';
import { type Sample, type Workload, workloads } from './workloads.js';

export interface RelaySample extends Sample {
  readonly round: number;
  readonly workload: Workload;
  readonly proxy: string;
}

export interface IdleSample {
  readonly proxy: string;
  /** Memory with no session, in kB. */
  readonly emptyKb: number;
  readonly kbPerSession: number;
}

type Quantity = (sample: Sample) => number;

const cpu: Quantity = (sample) => sample.cpuUsPerOperation;
const p99: Quantity = (sample) => sample.latencyUs?.p99 ?? Number.NaN;

export interface RelayPage {
  readonly name: string;
  readonly title: string;
  /** Markdown below the tables. */
  readonly text: string;
}

export function relayReport(
  { kinds, options }: Bench,
  samples: readonly RelaySample[],
  idle: readonly IdleSample[],
  page: RelayPage,
): Report {
  const proxies = kinds.map(({ name }) => name);
  const base = proxies.includes('etcd-gateway-go') ? 'etcd-gateway-go' : (proxies[0] ?? '');
  const wanted = workloads.filter(({ key }) => options.loads.includes(key));
  const ratios = ratioRows(samples, wanted, proxies, base);
  const summary = [
    markdownTable(
      ['', ...proxies],
      [
        ...ratios.map(({ title, cells }) => [title, ...cells.map((c) => formatNumber(c.median))]),
        ...idleRows(idle, proxies),
      ],
    ),
    `CPU per operation and p99 latency as a ratio to ${base}, which is 1; less is better.`,
  ].join('\n\n');
  return {
    name: page.name,
    title: page.title,
    summary,
    text: [
      summary,
      `## Ratios with their spread\n\nMedian (least…most) of ${options.rounds} rounds of ${options.seconds} s, each ratio taken within its round.`,
      markdownTable(
        ['', ...proxies],
        ratios.map(({ title, cells }) => [title, ...cells.map(formatSpread)]),
      ),
      '## Absolute figures\n\nMedian (least…most).',
      ...wanted.map((workload) => absoluteTable(samples, workload, proxies)),
      failureLine(samples),
      page.text,
    ].join('\n\n'),
    plots: [
      {
        name: `${page.name}.svg`,
        svg: barChart({
          title: `Ratio to ${base}: less is better`,
          groups: ratios.map(({ title }) => title),
          series: proxies.map((name, i) => ({ name, values: ratios.map((r) => at(r.cells, i)) })),
        }),
      },
    ],
  };
}

interface RatioRow {
  readonly title: string;
  /** One a proxy. */
  readonly cells: readonly Spread[];
}

function ratioRows(
  samples: readonly RelaySample[],
  wanted: readonly Workload[],
  proxies: readonly string[],
  base: string,
): RatioRow[] {
  const row = (title: string, workload: Workload, of: Quantity): RatioRow => ({
    title,
    cells: proxies.map((proxy) => ratio(samples, workload, proxy, base, of)),
  });
  return wanted.flatMap((workload) => {
    const rows = [row(`CPU: ${workload.name}`, workload, cpu)];
    if (workload.load[0] !== 'bulk') rows.push(row(`p99: ${workload.name}`, workload, p99));
    return rows;
  });
}

function ratio(
  samples: readonly RelaySample[],
  workload: Workload,
  proxy: string,
  base: string,
  of: Quantity,
): Spread {
  const ours = samples.filter((s) => s.workload === workload && s.proxy === proxy);
  const theirs = samples.filter((s) => s.workload === workload && s.proxy === base);
  return spread(
    ours.flatMap((sample) => {
      const beside = theirs.find(({ round }) => round === sample.round);
      return beside === undefined ? [] : [of(sample) / of(beside)];
    }),
  );
}

function idleRows(idle: readonly IdleSample[], proxies: readonly string[]): string[][] {
  if (idle.length === 0) return [];
  const find = (proxy: string): IdleSample | undefined => idle.find((s) => s.proxy === proxy);
  return [
    ['kB per idle session', ...proxies.map((p) => formatNumber(find(p)?.kbPerSession ?? NaN))],
    ['MiB with no session', ...proxies.map((p) => formatNumber((find(p)?.emptyKb ?? NaN) / 1024))],
  ];
}

function absoluteTable(
  samples: readonly RelaySample[],
  workload: Workload,
  proxies: readonly string[],
): string {
  const { unit } = workload;
  const quantities: [string, Quantity][] = [
    [`CPU, µs per ${unit}`, cpu],
    [`${unit}s per second`, (s) => s.operationsPerSecond],
    ['p50, µs', (s) => s.latencyUs?.p50 ?? Number.NaN],
    ['p99, µs', p99],
  ];
  const shown = workload.load[0] === 'bulk' ? quantities.slice(0, 2) : quantities;
  const cell = (proxy: string, of: Quantity): string =>
    formatSpread(
      spread(samples.filter((s) => s.workload === workload && s.proxy === proxy).map(of)),
    );
  const rows = shown.map(([title, of]) => [title, ...proxies.map((proxy) => cell(proxy, of))]);
  return `### ${workload.name}\n\n${markdownTable(['', ...proxies], rows)}`;
}

function failureLine(samples: readonly RelaySample[]): string {
  const failed = samples.filter(({ failures }) => failures > 0);
  if (failed.length === 0) return 'No operation failed; every answer was what had been sent.';
  return failed
    .map((s) => `- ${s.proxy}, ${s.workload.name}, round ${s.round}: ${s.failures} failures`)
    .join('\n');
}

function at(cells: readonly Spread[], index: number): Spread {
  return cells[index] ?? spread([]);
}
