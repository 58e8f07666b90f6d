import { markdownTable } from './markdown.js';
import { barChart } from './plot.js';
import type { Report } from './report.js';
import { formatNumber, formatSpread, p99, type Spread, spread } from './statistics.js';

export interface ReloadLoad {
  readonly sessions: number;
  readonly reloads: number;
}

export interface ReloadResult {
  readonly name: string;
  /** Of each reload: from the change to the first new session at the new endpoint. */
  readonly effectMs: readonly number[];
  readonly droppedSessions: number;
  readonly failedConnects: number;
  readonly extraProcesses: number;
  readonly extraMiB: number;
}

const title = 'Changing an endpoint';

export function reloadReport(results: readonly ReloadResult[], load: ReloadLoad): Report {
  const total = load.sessions + load.reloads;
  const dropped = `sessions dropped, of ${total}`;
  const row = (what: string, cell: (result: ReloadResult) => string): string[] => [
    what,
    ...results.map(cell),
  ];
  const table = markdownTable(
    ['', ...results.map(({ name }) => name)],
    [
      row('change to first new session, ms', (r) => formatSpread(spread(r.effectMs))),
      row('the same, p99', (r) => formatNumber(p99(r.effectMs))),
      row(dropped, (r) => String(r.droppedSessions)),
      row('connects failed', (r) => String(r.failedConnects)),
      row('extra processes afterwards', (r) => String(r.extraProcesses)),
      row('extra memory afterwards, MiB', (r) => r.extraMiB.toFixed(1)),
    ],
  );
  const plotted: [string, (result: ReloadResult) => Spread][] = [
    ['until new sessions follow, ms', (r) => spread(r.effectMs)],
    [dropped, (r) => spread([r.droppedSessions])],
    ['connects failed', (r) => spread([r.failedConnects])],
    ['extra processes', (r) => spread([r.extraProcesses])],
    ['extra memory, MiB', (r) => spread([r.extraMiB])],
  ];
  const chart = barChart({
    title: `${load.reloads} reloads under ${load.sessions} open sessions: less is better`,
    scale: 'each',
    groups: plotted.map(([group]) => group),
    series: results.map((result) => ({
      name: result.name,
      values: plotted.map(([, of]) => of(result)),
    })),
  });
  return {
    name: 'reload',
    title,
    summary: table,
    text: `${table}\n\n${method(load)}`,
    plots: [{ name: 'reload.svg', svg: chart }],
  };
}

function method({ sessions, reloads }: ReloadLoad): string {
  return `The only endpoint is exchanged ${reloads} times under ${sessions} open sessions; from each change on, clients connect one after another until one reaches the new endpoint, and that session stays open. At the end every session is asked for an answer. Median (least…most).

- **Time.** Ours reads a file only once it has stood still for \`reload.quiet-period\`, 100 ms unless set, however it is told; one column has it at 10 ms. The others read at once, and so may read half a file.
- **Dropped.** Held sessions and those that reloads opened, whose client and endpoint were alive all the time.
- **Processes.** HAProxy and nginx leave a worker behind for each reload until the last of its sessions ends, which for etcd's clients may be never; a worker that has closed its listener ends with its sessions.
- **Memory** is \`Pss\` of all processes after the last reload, less that before the first. Of ours it is what a JavaScript heap takes to run this code at all; [scale.md](scale.md) shows how it goes on over a thousand reloads.
- etcd's gateway cannot be told: it is restarted, and what it had open is gone.`;
}
