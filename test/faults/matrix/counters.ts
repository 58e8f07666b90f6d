import type { Outcome } from './cells.js';
import { isEjected, outcomeOf, refusals } from './judge.js';
import type { CellLog } from './log-reader.js';
import type { Trial } from './trial.js';

/** Values by series, as they are written: `name{label="value",…}`. */
export type Counters = ReadonlyMap<string, number>;

export function parseMetrics(text: string): Counters {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The sum over the series whose text has all of these. */
export function sumOf(counters: Counters, ...parts: readonly string[]): number {
  let sum = 0;
  for (const [series, value] of counters) {
    if (parts.every((part) => series.includes(part))) sum += value;
  }
  return sum;
}

/**
 * What the counters say other than the log. The series of an endpoint go with it: of one that
 * was drained the log alone tells.
 */
export function judgeCounters(trial: Trial, log: CellLog, counters: Counters): string[] {
  const outcome = outcomeOf(trial, log);
  const gateway = `gateway="${trial.cell.name}"`;
  const at = [gateway, `endpoint="${trial.address}"`];
  const refused = sumOf(counters, 'clients_refused_total{', gateway, 'reason="all-failed"');
  return [
    ...differs('clients_refused_total', refused, refusals(trial.cell.expected, outcome)),
    ...judgeDials(trial, gateway, counters),
    ...(trial.cell.phase === 'drain' ? [] : judgeEnds(at, outcome, counters)),
    ...(trial.cell.phase === 'drain'
      ? []
      : judgeEjections(at, isEjected(trial.cell.expected, outcome), counters)),
  ];
}

function judgeEnds(at: readonly string[], outcome: Outcome, counters: Counters): string[] {
  const isSession = outcome !== 'refused' && outcome !== 'unseen';
  const name = 'sessions_closed_total{';
  const asTold = sumOf(counters, name, ...at, `reason="${outcome}"`);
  const all = sumOf(counters, name, ...at);
  return [
    ...differs(`${name}reason="${outcome}"}`, asTold, isSession ? 1 : 0),
    ...differs(`${name}} of all reasons`, all, isSession ? 1 : 0),
  ];
}

function judgeEjections(at: readonly string[], expected: boolean, counters: Counters): string[] {
  const count = sumOf(counters, 'upstream_ejections_total{', ...at);
  return differs('upstream_ejections_total', Math.min(1, count), Number(expected));
}

function judgeDials({ cell }: Trial, gateway: string, counters: Counters): string[] {
  const { dialFails } = cell.expected;
  if (dialFails === undefined) return [];
  const count = sumOf(counters, '_dial_failures_total{', gateway, `reason="${dialFails}"`);
  return differs(`dial_failures_total{reason="${dialFails}"}`, Math.min(1, count), 1);
}

function differs(name: string, value: number, expected: number): string[] {
  return value === expected ? [] : [`etcd_gateway_${name} is ${value}, not ${expected}`];
}
