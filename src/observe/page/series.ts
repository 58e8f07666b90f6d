import type { GatewaySample } from '../admin/sample.js';

/** Columns as uPlot takes them: seconds since the epoch, then the lines. */
export interface Series {
  readonly atS: number[];
  readonly sessions: number[];
  readonly sentPerS: number[];
  readonly receivedPerS: number[];
}

/** One a second. */
const keptSamples = 300;

/** Turns totals into rates over the last five minutes. */
export class Recorder {
  readonly series: Series = { atS: [], sessions: [], sentPerS: [], receivedPerS: [] };
  #before: { readonly atMs: number; readonly sample: GatewaySample } | undefined;

  add(atMs: number, sample: GatewaySample): void {
    const before = this.#before;
    this.#before = { atMs, sample };
    if (!before || atMs <= before.atMs) return;
    const seconds = (atMs - before.atMs) / 1000;
    const { series } = this;
    series.atS.push(atMs / 1000);
    series.sessions.push(sample.sessions);
    series.sentPerS.push(rate(before.sample.bytesSent, sample.bytesSent, seconds));
    series.receivedPerS.push(rate(before.sample.bytesReceived, sample.bytesReceived, seconds));
    if (series.atS.length > keptSamples)
      Object.values(series).forEach((column: number[]) => column.shift());
  }
}

/** Totals fall when an upstream leaves: that is no rate. */
export function rate(before: number, after: number, seconds: number): number {
  return Math.max(0, after - before) / seconds;
}

export function addUp(samples: readonly GatewaySample[]): GatewaySample {
  const sum = (pick: (sample: GatewaySample) => number): number =>
    samples.reduce((total, sample) => total + pick(sample), 0);
  return {
    name: '',
    dialing: sum((sample) => sample.dialing),
    sessions: sum((sample) => sample.sessions),
    sessionsOpened: sum((sample) => sample.sessionsOpened),
    bytesSent: sum((sample) => sample.bytesSent),
    bytesReceived: sum((sample) => sample.bytesReceived),
  };
}
