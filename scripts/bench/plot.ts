import type { Spread } from './statistics.js';
import { formatNumber } from './statistics.js';

export interface BarChart {
  readonly title: string;
  readonly groups: readonly string[];
  /** A value for each group; NaN leaves a gap. */
  readonly series: readonly { readonly name: string; readonly values: readonly Spread[] }[];
}

// Okabe and Ito's palette: told apart by colour-blind readers too
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#999999', '#e69f00', '#56b4e9'];
const width = 860;
const left = 250;
const right = 110;
const barHeight = 13;
const groupGap = 14;
const top = 64;

/** Horizontal bars in groups, with the spread as a thin line; stands on a light or a dark page. */
export function barChart({ title, groups, series }: BarChart): string {
  const groupHeight = series.length * barHeight + groupGap;
  const height = top + groups.length * groupHeight + 10;
  const largest = Math.max(
    ...series.flatMap(({ values }) => values.map(({ most }) => most)).filter(Number.isFinite),
  );
  const x = (value: number): number => left + (value / largest) * (width - left - right);
  const body = groups.flatMap((group, g) => {
    const y = top + g * groupHeight;
    const label = text(left - 8, y + (groupHeight - groupGap) / 2 + 4, group, 'end');
    return [label, ...series.map((s, i) => bar(x, y + i * barHeight, s.values[g], i))];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600" fill="#222">${escape(title)}</text>`,
    ...legend(series.map(({ name }) => name)),
    ...body,
    '</svg>\n',
  ].join('\n');
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
    text(round(x(value.most)) + 6, y + barHeight - 3, formatNumber(value.median), 'start'),
  ].join('');
}

function legend(names: readonly string[]): string[] {
  const step = 125;
  return names.map((name, i) => {
    const x = 16 + i * step;
    const box = `<rect x="${x}" y="36" width="11" height="11" fill="${colour(i)}"/>`;
    return box + text(x + 16, 46, name, 'start');
  });
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end'): string {
  return `<text x="${x}" y="${round(y)}" text-anchor="${anchor}" fill="#222">${escape(content)}</text>`;
}

function colour(index: number): string {
  return colours[index % colours.length] ?? '#000';
}

function escape(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
