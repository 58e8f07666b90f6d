/** `table.js [--write]`: the matrix as its section in docs/reliability.md has it. */
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

import {
  isImpossible,
  kinds,
  matrix,
  phases,
  type Entry,
  type Expectation,
  type Kind,
  type Phase,
  type Side,
} from './cells.js';

export const page = 'docs/reliability.md';

const begin = '<!-- fault matrix: written by dist/test/faults/matrix/table.js --write -->';
const end = '<!-- fault matrix: end -->';

/** The page with the matrix between its marks. @throws when it has no marks. */
export function withMatrix(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} lacks the lines ${begin} and ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${render()}\n\n${text.slice(to)}`;
}

function render(): string {
  const notes: string[] = [];
  const heads = ['fault', 'side', ...Object.values(phases)];
  const rows = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    (['client', 'endpoint'] as const).map((side) => [kind, side, ...cellsOf(kind, side, notes)]),
  );
  const faults = Object.entries(kinds).map(([kind, what]) => `- **${kind}**: ${what}.`);
  const reasons = notes.map((because, n) => `${n + 1}. ${because}.`);
  return [aligned([heads, ...rows]), faults.join('\n'), legend, reasons.join('\n')].join('\n\n');
}

const legend = `A cell names how the session must end, as \`sessions_closed_total\` and the log line
\`session closed\` have it; \`refused\`: the client is counted in \`clients_refused_total\`; \`unseen\`: the
client has left before the listener took it. **\\*** not all bytes can come through, **†** the endpoint is
taken out of rotation. What cannot be tried:`;

function cellsOf(kind: Kind, side: Side, notes: string[]): string[] {
  const row = matrix[kind][side];
  return (Object.keys(phases) as Phase[]).map((phase) => textOf(row[phase], notes));
}

function textOf(entry: Entry, notes: string[]): string {
  if (!isImpossible(entry)) return outcomeText(entry);
  if (!notes.includes(entry.because)) notes.push(entry.because);
  return `– (${notes.indexOf(entry.because) + 1})`;
}

function outcomeText({ outcomes, toClient, toEndpoint, isEjected }: Expectation): string {
  const isWhole = toClient === 'whole' && toEndpoint === 'whole';
  const isTakenOut = isEjected === true || outcomes.every((outcome) => outcome === 'refused');
  return `${outcomes.join(' or ')}${isWhole ? '' : ' \\*'}${isTakenOut ? ' †' : ''}`;
}

/** As prettier writes tables. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_head, n) => Math.max(...rows.map((row) => widthOf(row, n))));
  const line = (row: readonly string[], filler = ' '): string =>
    `| ${widths.map((width, n) => (row[n] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [heads = [], ...others] = rows;
  return [line(heads), line([], '-'), ...others.map((row) => line(row))].join('\n');
}

function widthOf(row: readonly string[], n: number): number {
  return row[n]?.length ?? 0;
}

async function main(): Promise<void> {
  if (!process.argv.includes('--write')) console.log(render());
  else await writeFile(page, withMatrix(await readFile(page, 'utf8')));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
