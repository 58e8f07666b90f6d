import { colour, frame, label, legend, legendHeight, round, width } from './svg.js';

export type Point = readonly [x: number, y: number];

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** Of both axes: powers of ten at equal distances, for what grows by factors (default: no). */
  readonly isLogarithmic?: boolean;
}

const plotHeight = 260;
const left = 70;
const right = 30;

/** Lines over numbers; the y axis begins at 0 unless it is logarithmic. */
export function lineChart({ title, xLabel, series, isLogarithmic = false }: LineChart): string {
  const names = series.map(({ name }) => name);
  const top = legendHeight(names);
  const bottom = top + plotHeight;
  const points = series.flatMap((s) => s.points).filter(([x, y]) => isDrawn(x, y, isLogarithmic));
  const makeAxis = isLogarithmic ? logarithmicAxis : linearAxis;
  const xAxis = makeAxis(points.map(([x]) => x));
  const yAxis = makeAxis(points.map(([, y]) => y));
  const x = (value: number): number => left + xAxis.place(value) * (width - left - right);
  const y = (value: number): number => bottom - yAxis.place(value) * plotHeight;
  const body = [
    ...legend(names),
    ...yAxis.ticks.map((tick) => gridLine(y(tick), tick)),
    ...xAxis.ticks.map((tick) => label(x(tick), bottom + 16, tickText(tick), 'middle')),
    label(left + (width - left - right) / 2, bottom + 34, xLabel, 'middle'),
    ...series.map(({ points: own }, i) => {
      const drawn = own.filter(([a, b]) => isDrawn(a, b, isLogarithmic));
      const path = drawn.map(([a, b]) => `${round(x(a))},${round(y(b))}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${colour(i)}" stroke-width="2"/>`;
    }),
  ];
  return frame(title, bottom + 46, body);
}

interface Axis {
  /** From 0 to 1. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

function linearAxis(values: readonly number[]): Axis {
  const most = Math.max(1e-9, ...values);
  const step = niceStep(most / 5);
  const end = Math.ceil(most / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
  return { place: (value) => value / end, ticks };
}

function logarithmicAxis(values: readonly number[]): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  return { place: (value) => (Math.log10(value) - first) / (last - first), ticks };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least - 1e-12) ?? 10) * power;
}

function isDrawn(x: number, y: number, isLogarithmic: boolean): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && (!isLogarithmic || (x > 0 && y > 0));
}

function gridLine(y: number, value: number): string {
  const line = `<line x1="${left}" x2="${width - right}" y1="${round(y)}" y2="${round(y)}" stroke="#ddd"/>`;
  return line + label(left - 8, y + 4, tickText(value), 'end');
}

function tickText(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}
