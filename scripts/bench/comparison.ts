import { markdownTable } from './markdown.js';
import { barChart } from './plot.js';
import { formatSpread, type Spread, spread } from './statistics.js';

/** One measurement of one of those that are compared. */
export interface Named {
  readonly name: string;
}

export interface Quantity<S> {
  readonly title: string;
  readonly of: (sample: S) => number;
}

/** Samples side by side: a row a quantity, a column a name. */
export class Comparison<S extends Named> {
  readonly #names: readonly string[];
  readonly #rows: readonly { readonly title: string; readonly cells: readonly Spread[] }[];

  constructor(samples: readonly S[], quantities: readonly Quantity<S>[]) {
    this.#names = [...new Set(samples.map(({ name }) => name))];
    this.#rows = quantities.map(({ title, of }) => ({
      title,
      cells: this.#names.map((name) => spread(samples.filter((s) => s.name === name).map(of))),
    }));
  }

  /** Markdown. */
  table(): string {
    return markdownTable(
      ['', ...this.#names],
      this.#rows.map(({ title, cells }) => [title, ...cells.map(formatSpread)]),
    );
  }

  /** SVG: a group of bars for each quantity, on a scale of its own. */
  chart(title: string): string {
    return barChart({
      title,
      scale: 'each',
      groups: this.#rows.map((row) => row.title),
      series: this.#names.map((name, i) => ({
        name,
        values: this.#rows.map(({ cells }) => cells[i] ?? spread([])),
      })),
    });
  }
}
