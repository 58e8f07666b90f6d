import type { Spread } from './statistics.js';
import { formatNumber } from './statistics.js';
import { colour, frame, label, legend, legendHeight, round, width } from './svg.js';

export interface BarChart {
  readonly title: string;
  readonly groups: readonly string[];
  /** A value for each group; NaN leaves a gap. */
  readonly series: readonly { readonly name: string; readonly values: readonly Spread[] }[];
  /** Whether bars of different groups can be compared (default: they can). */
  readonly scale?: 'shared' | 'each';
}

const left = 250;
const right = 110;
const barHeight = 13;
const groupGap = 14;

/** Horizontal bars in groups, with the spread as a thin line; stands on a light or a dark page. */
export function barChart({ title, groups, series, scale = 'shared' }: BarChart): string {
  const names = series.map(({ name }) => name);
  const top = legendHeight(names);
  const groupHeight = series.length * barHeight + groupGap;
  const everywhere = largest(series.flatMap(({ values }) => values));
  const body = groups.flatMap((group, g) => {
    const y = top + g * groupHeight;
    const most = scale === 'shared' ? everywhere : largest(series.map((s) => s.values[g]));
    const x = (value: number): number =>
      left + (Math.max(0, value) / most) * (width - left - right);
    const name = label(left - 8, y + (groupHeight - groupGap) / 2 + 4, group, 'end');
    return [name, ...series.map((s, i) => bar(x, y + i * barHeight, s.values[g], i))];
  });
  const height = top + groups.length * groupHeight + 10;
  return frame(title, height, [...legend(names), ...body]);
}

/** At least a little above 0: it is divided by. */
function largest(values: readonly (Spread | undefined)[]): number {
  const finite = values.map((value) => value?.most ?? Number.NaN).filter(Number.isFinite);
  return Math.max(1e-9, ...finite);
}

function bar(
  x: (value: number) => number,
  y: number,
  value: Spread | undefined,
  index: number,
): string {
  if (value === undefined || !Number.isFinite(value.median)) return '';
  const middle = round(y + (barHeight - 2) / 2);
  const length = round(x(value.median) - left);
  return [
    `<rect x="${left}" y="${y}" width="${length}" height="${barHeight - 2}" fill="${colour(index)}"/>`,
    `<line x1="${round(x(value.least))}" x2="${round(x(value.most))}" y1="${middle}" y2="${middle}" stroke="#222"/>`,
    label(round(x(value.most)) + 6, y + barHeight - 3, formatNumber(value.median), 'start'),
  ].join('');
}
