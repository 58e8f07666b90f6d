import { mkdirSync, writeFileSync } from 'node:fs';

import { lineChart, type LineChart, type Point } from '../../scripts/bench/line-chart.js';
import {
  callNames,
  countedNames,
  day,
  dialNames,
  meanOf,
  peakOverMean,
  ttlMs,
  unevenness,
  type FleetOptions,
  type FleetReport,
} from './fleet.js';

const spans = [
  ['steady', ttlMs, day.dnsSilentMs],
  ['DNS silent', day.dnsSilentMs, day.dnsBackMs],
  ['DNS back', day.dnsBackMs, day.deathMs],
  ['a member dies', day.deathMs, day.returnMs],
  ['it returns', day.returnMs, day.srvChangesMs],
  ['SRV changes', day.srvChangesMs, day.endMs],
] as const;

/** Tables in Markdown. */
export function fleetTables(report: FleetReport, { windowMs }: FleetOptions): string {
  const perS = (count: number): string => ((count * 1_000) / windowMs).toFixed(1);
  const head = `| peak over steady mean | mean per second | ${spans.map(([name]) => name).join(' | ')} |`;
  const rows = countedNames.map((name) => {
    const counts = report.counts[name] ?? [];
    const of = (a: number, b: number): readonly number[] =>
      counts.slice(a / windowMs, b / windowMs);
    const mean = meanOf(of(ttlMs, day.dnsSilentMs));
    const cells = spans.map(([, a, b]) =>
      mean > 0
        ? peakOverMean(counts, windowMs, a, b).toFixed(2)
        : `${perS(Math.max(...of(a, b)))}/s`,
    );
    return `| ${name} | ${perS(mean)} | ${cells.join(' | ')} |`;
  });
  return [
    head,
    `|${' --- |'.repeat(spans.length + 2)}`,
    ...rows,
    '',
    sessionLine(report, windowMs),
  ].join('\n');
}

function sessionLine({ sessions, dialsOfReturned, counts }: FleetReport, windowMs: number): string {
  const at = (ms: number): readonly number[] => sessions[ms / windowMs - 1] ?? [];
  const percent = (some: readonly number[]): string => `${(100 * unevenness(some)).toFixed(1)} %`;
  const steady = (counts.dials ?? []).slice(ttlMs / windowMs, day.dnsSilentMs / windowMs);
  const back = dialsOfReturned.slice(day.returnMs / windowMs, day.srvChangesMs / windowMs);
  return [
    `Sessions on the fullest member above an even share: ${percent(at(day.dnsSilentMs).slice(0, 3))} before the outage,`,
    `${percent(at(day.srvChangesMs).slice(0, 3))} two minutes after the return, ${percent(at(day.endMs).slice(1))} at the end.`,
    `The member that returned saw at most ${(Math.max(...back) / meanOf(steady)).toFixed(2)} of the dials that the whole fleet makes when steady.`,
  ].join('\n');
}

/** Plots and figures, to docs/reliability. */
export function writeFleet(report: FleetReport, options: FleetOptions): void {
  const { windowMs, gateways, seed } = options;
  const points = (values: readonly number[], factor: number): readonly Point[] =>
    values.map((value, window) => [((window + 1) * windowMs) / 1_000, value * factor]);
  const countsOf = (names: readonly string[]): LineChart['series'] =>
    names.map((name) => ({
      name,
      points: points(report.counts[name] ?? [], 1_000 / windowMs).slice(ttlMs / windowMs),
    }));
  const members = [0, 1, 2, 3].map((index) => ({
    name: `infra${index}`,
    points: points(
      report.sessions.map((each) => each[index] ?? 0),
      1,
    ).filter((_, window) => ((window + 1) * windowMs) % 10_000 === 0),
  }));
  const xLabel = 'seconds since all machines booted';
  const folder = 'docs/reliability';
  mkdirSync(folder, { recursive: true });
  const draw = (file: string, chart: LineChart): void =>
    writeFileSync(`${folder}/${file}`, lineChart(chart));
  draw('fleet-calls.svg', {
    ...{ title: `Calls per second of ${gateways} gateways, after the first TTL`, xLabel },
    series: countsOf(callNames),
  });
  draw('fleet-dials.svg', {
    ...{ title: `Dials per second of ${gateways} gateways, after the first TTL`, xLabel },
    series: countsOf(dialNames),
  });
  draw('fleet-sessions.svg', {
    ...{ title: `Sessions of ${gateways} gateways by member`, xLabel, series: members },
  });
  const title = `# A fleet of ${gateways.toLocaleString('en-US')}`;
  const text = [
    ...[
      title,
      '',
      `\`npm run simulate -- fleet --gateways ${gateways} --seed ${seed} --write\``,
      '',
    ],
    `In windows of ${windowMs / 1_000} s. DNS is silent from ${day.dnsSilentMs / 1_000} s to ${day.dnsBackMs / 1_000} s; infra0 dies at`,
    `${day.deathMs / 1_000} s and returns at ${day.returnMs / 1_000} s; at ${day.srvChangesMs / 1_000} s infra3 takes its place in the SRV record.`,
    ...['', fleetTables(report, options), '', '![Calls](fleet-calls.svg)', ''],
    ...['![Dials](fleet-dials.svg)', ''],
    ...['![Sessions](fleet-sessions.svg)', ''],
  ];
  writeFileSync(`${folder}/fleet.md`, text.join('\n'));
}
