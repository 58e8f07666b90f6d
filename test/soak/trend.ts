import { quantile } from '../../scripts/bench/statistics.js';

/** A figure over time, in any unit. */
export type Series = readonly { readonly atMs: number; readonly value: number }[];

/** How a figure has moved over the whole of a series, in its own unit. */
export interface Trend {
  readonly median: number;
  /** What it has most likely grown by. */
  readonly growth: number;
  /** What it has grown by at least, with a confidence of 97.5 %; negative: maybe not at all. */
  readonly surely: number;
}

/** Neighbours in time resemble each other; medians of so many blocks hardly do. */
const blocks = 60;

/** Two-sided 95 % of the normal distribution. */
const z = 1.96;

/**
 * The slope of Theil and Sen, which a few outliers cannot bend, with the confidence interval of
 * Sen: P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the
 * American Statistical Association 63 (1968).
 * @throws RangeError with fewer than ten points: they would pass for flat whatever they say.
 */
export function trend(series: Series): Trend {
  if (series.length < 10) throw new RangeError(`${series.length} samples show no trend`);
  const points = inBlocks(series);
  const slopes = slopesOf(points).sort((a, b) => a - b);
  const n = points.length;
  const margin = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const lower = Math.max(0, (slopes.length - margin) / 2 / slopes.length);
  const spanMs = (series.at(-1)?.atMs ?? 0) - (series[0]?.atMs ?? 0);
  const values = series.map(({ value }) => value).sort((a, b) => a - b);
  return {
    median: quantile(values, 0.5),
    growth: quantile(slopes, 0.5) * spanMs,
    surely: quantile(slopes, lower) * spanMs,
  };
}

function inBlocks(series: Series): Series {
  const size = Math.ceil(series.length / blocks);
  const starts = Array.from({ length: Math.ceil(series.length / size) }, (_, i) => i * size);
  return starts.map((start) => middle(series.slice(start, start + size)));
}

function middle(block: Series): Series[number] {
  const median = (values: readonly number[]): number =>
    quantile(
      values.toSorted((a, b) => a - b),
      0.5,
    );
  return { atMs: median(block.map(({ atMs }) => atMs)), value: median(block.map((p) => p.value)) };
}

function slopesOf(points: Series): number[] {
  return points.flatMap((from, i) =>
    points.slice(i + 1).map((to) => (to.value - from.value) / (to.atMs - from.atMs)),
  );
}
