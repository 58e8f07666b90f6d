import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from '../bench.js';
import { lineChart } from '../line-chart.js';
import { markdownTable } from '../markdown.js';
import { formatNumber, spread, type Spread } from '../statistics.js';
import { projectFolder } from '../tools.js';
import type { Chapter } from './chapter.js';
import type { PickerFigures } from './picker-program.js';

const run = promisify(execFile);
const program = join(projectFolder, 'dist', 'scripts', 'bench', 'scale', 'picker-program.js');
const balancers = ['round-robin', 'least-sessions', 'random-two'] as const;
const sizes = [3, 100, 5_000];
const picks = 1_000_000;

interface Row {
  readonly balancer: string;
  readonly size: number;
  readonly nsPerPick: Spread;
  readonly msToMake: Spread;
  /** Fewest of all tries: the slow ones have not had time for all. */
  readonly picks: number;
}

/** What choosing an upstream costs by the number of endpoints, for each balancer. */
export async function pickerChapter({ options, say }: Bench): Promise<Chapter> {
  const rows: Row[] = [];
  for (const balancer of balancers) {
    for (const size of sizes) rows.push(await measurePicker(balancer, size, options.quick ? 1 : 3));
    say(`scale: picker ${balancer}`);
  }
  return pickerText(rows);
}

async function measurePicker(balancer: string, size: number, tries: number): Promise<Row> {
  const figures: PickerFigures[] = [];
  for (let i = 0; i < tries; i++) {
    const args = [program, balancer, size, picks].map(String);
    const { stdout } = await run(process.execPath, args);
    figures.push(JSON.parse(stdout) as PickerFigures);
  }
  return {
    balancer,
    size,
    nsPerPick: spread(figures.map((f) => f.nsPerPick)),
    msToMake: spread(figures.map((f) => f.msToMake)),
    picks: Math.min(...figures.map((f) => f.picks)),
  };
}

function pickerText(rows: readonly Row[]): Chapter {
  const cells = (balancer: string, of: (row: Row) => string): string[] =>
    rows.filter((row) => row.balancer === balancer).map(of);
  const table = markdownTable(
    ['endpoints', ...sizes.map((size) => size.toLocaleString('en-US'))],
    balancers.flatMap((name) => [
      [`${name}: ns a pick`, ...cells(name, (row) => formatNumber(row.nsPerPick.median))],
      [`${name}: ms to make it`, ...cells(name, (row) => formatNumber(row.msToMake.median))],
    ]),
  );
  const short = rows.filter((row) => row.picks < picks);
  const cut = short.map((row) => `${row.balancer} with ${row.size}: ${row.picks} picks`);
  const note = cut.length > 0 ? ` Stopped after 3 s: ${cut.join('; ')}.` : '';
  const chart = lineChart({
    title: 'Time of a pick by endpoints, ns',
    xLabel: 'endpoints',
    isLogarithmic: true,
    series: balancers.map((name) => ({
      name,
      points: rows
        .filter((row) => row.balancer === name)
        .map((row) => [row.size, row.nsPerPick.median] as const),
    })),
  });
  return {
    text: `## Picking an upstream\n\n![Time of a pick by endpoints](scale-picker.svg)\n\n${table}\n\nA million picks each, after a warm-up, in a process of its own; the median of the tries.${note} Each pick gets a session, and ends the oldest of 10,000; that is part of the time. A picker is made anew when membership or health changes, at the next session.`,
    plots: [{ name: 'scale-picker.svg', svg: chart }],
  };
}
