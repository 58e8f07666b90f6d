import uPlot from 'uplot';

import { make, setText } from './dom.js';
import { formatByteRate, formatBytes, formatCount, formatTime } from './format.js';
import type { Series } from './series.js';

interface Line {
  readonly label: string;
  readonly column: 'sessions' | 'sentPerS' | 'receivedPerS';
  readonly colour: '--accent' | '--second';
}

interface ChartKind {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
  /** The scale's top when there is nothing to show. */
  readonly least: number;
  /** Distances between ticks. */
  readonly steps: number[];
}

const kinds: readonly ChartKind[] = [
  {
    title: 'Sessions',
    lines: [{ label: 'open', column: 'sessions', colour: '--accent' }],
    format: formatCount,
    formatTick: formatCount,
    least: 4,
    steps: [0, 1, 2, 3, 4, 5, 6, 7].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power)),
  },
  {
    title: 'Traffic',
    lines: [
      { label: 'sent', column: 'sentPerS', colour: '--accent' },
      { label: 'received', column: 'receivedPerS', colour: '--second' },
    ],
    format: formatByteRate,
    formatTick: formatBytes,
    least: 1024,
    steps: Array.from({ length: 48 }, (_none, power) => 2 ** power),
  },
];

const chartHeight = 120;
const fewestSeconds = 60;
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Sessions and traffic of the last five minutes, side by side. */
export class Charts {
  readonly element = make('div', { class: 'charts' });
  readonly #charts: readonly Chart[];

  constructor(series: Series) {
    this.#charts = kinds.map((kind) => new Chart(kind, series));
    this.element.append(...this.#charts.map((chart) => chart.element));
  }

  update(): void {
    if (!this.element.isConnected) return;
    for (const chart of this.#charts) chart.update();
  }

  close(): void {
    for (const chart of this.#charts) chart.close();
  }
}

class Chart {
  readonly element: HTMLElement;
  readonly #kind: ChartKind;
  readonly #series: Series;
  readonly #figures: readonly HTMLElement[];
  readonly #place = make('div', { role: 'img' });
  readonly #resized = new ResizeObserver(() => this.#resize());
  #plot: uPlot | undefined;

  constructor(kind: ChartKind, series: Series) {
    this.#kind = kind;
    this.#series = series;
    this.#figures = kind.lines.map(() => make('strong'));
    const keys = kind.lines.map(({ label }, index) =>
      make('span', { class: `key-${index + 1}` }, `${label} `, this.#figures[index] ?? ''),
    );
    const title = make('span', { class: 'muted' }, kind.title);
    this.element = make('div', { class: 'chart' }, make('p', {}, title, ...keys), this.#place);
    this.#resized.observe(this.#place);
    dark.addEventListener('change', this.#repaint);
  }

  update(): void {
    this.#plot ??= this.#draw();
    this.#plot?.setData(this.#data());
    const values = this.#kind.lines.map(({ column }) =>
      this.#kind.format(this.#series[column].at(-1) ?? 0),
    );
    this.#figures.forEach((figure, index) => setText(figure, values[index] ?? ''));
    const told = this.#kind.lines.map(({ label }, index) => `${label} ${values[index] ?? ''}`);
    this.#place.setAttribute(
      'aria-label',
      `${this.#kind.title}, last minutes: ${told.join(', ')} now`,
    );
  }

  close(): void {
    this.#resized.disconnect();
    dark.removeEventListener('change', this.#repaint);
    this.#plot?.destroy();
  }

  #data(): uPlot.AlignedData {
    return [this.#series.atS, ...this.#kind.lines.map(({ column }) => this.#series[column])];
  }

  /** Nothing yet while the chart has no width, as in a closed card. */
  #draw(): uPlot | undefined {
    const width = this.#place.clientWidth;
    if (width === 0) return undefined;
    return new uPlot(plotOptions(this.#kind, width), this.#data(), this.#place);
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width > 0 && this.#plot) this.#plot.setSize({ width, height: chartHeight });
    else if (width > 0) this.update();
  }

  /** Colours are fixed when a plot is made. */
  readonly #repaint = (): void => {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.update();
  };
}

function plotOptions({ lines, formatTick, least, steps }: ChartKind, width: number): uPlot.Options {
  const axis = {
    stroke: colour('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: chartHeight,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 28, 0, 0], // on the right, half of a time below the axis
    scales: {
      x: { range: (_plot, low, high) => [Math.min(low, high - fewestSeconds), high] },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, least)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 70,
        incrs: [15, 30, 60, 120],
        values: (_plot, splits) => splits.map(clockTime),
      },
      {
        ...axis,
        size: 64,
        space: 32,
        incrs: steps,
        values: (_plot, splits) => splits.map(formatTick),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name }) => ({
        label,
        stroke: colour(name),
        fill: `${colour(name)}22`,
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

function clockTime(atS: number): string {
  return formatTime(atS * 1000);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
