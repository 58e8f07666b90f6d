import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describeMachine, type Machine } from './machine.js';
import { projectFolder } from './tools.js';

/** What a suite found: one page of `docs/benchmarks/` with its plots. */
export interface Report {
  readonly name: string;
  readonly title: string;
  /** Markdown: the essence, as the README shows it. */
  readonly summary: string;
  /** Markdown: the page below its heading. */
  readonly text: string;
  readonly plots: readonly { readonly name: string; readonly svg: string }[];
  /** With what else it was measured (default: what the whole run has). */
  readonly machine?: Machine;
  /** Whether the text shows them itself (default: they stand before it). */
  readonly placesPlots?: boolean;
}

/** Writes the page and the plots; a relay report also renews the README's table. */
export async function writeReport(report: Report, machine: Machine): Promise<void> {
  const folder = join(projectFolder, 'docs', 'benchmarks');
  await mkdir(folder, { recursive: true });
  const before = report.placesPlots ? [] : report.plots;
  const images = before.map(({ name }) => `![${report.title}](${name})`);
  const page = [
    `# ${report.title}`,
    describeMachine(report.machine ?? machine),
    ...images,
    report.text,
  ].join('\n\n');
  await writeFile(join(folder, `${report.name}.md`), await pretty(page));
  for (const { name, svg } of report.plots) await writeFile(join(folder, name), svg);
  if (report.name === 'relay') await renewReadme(report, machine);
}

const section = /(<!-- bench:start -->).*?(<!-- bench:end -->)/s;

async function renewReadme(report: Report, machine: Machine): Promise<void> {
  const file = join(projectFolder, 'README.md');
  if (!existsSync(file)) return;
  const old = await readFile(file, 'utf8');
  const table = await pretty(`${report.summary}\n\n${describeMachine(machine)}`);
  const renewed = old.replace(section, (_all, start: string, end: string) =>
    [start, '', table.trimEnd(), '', end].join('\n'),
  );
  if (renewed !== old) await writeFile(file, renewed);
}

function pretty(markdown: string): Promise<string> {
  return format(markdown, { parser: 'markdown' });
}
