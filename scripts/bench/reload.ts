import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree, proportionalKb } from './accounting.js';
import { startBackend } from './backend.js';
import type { Bench } from './bench.js';
import { type Owner, withOwner } from './owner.js';
import { type Child, freePort, startChild } from './processes.js';
import { answers, firstSessionAt, type Probe } from './probe.js';
import { type ReloadCase, reloadCases, type Stand, startStand } from './reload-cases.js';
import { markdownTable } from './markdown.js';
import type { Report } from './report.js';
import { formatNumber, formatSpread, quantile, type Spread, spread } from './statistics.js';

interface Load {
  readonly sessions: number;
  readonly reloads: number;
}

interface ReloadResult {
  readonly name: string;
  /** From the change to the first new session at the new endpoint. */
  readonly effectMs: Spread;
  readonly p99Ms: number;
  readonly droppedSessions: number;
  readonly failedConnects: number;
  readonly extraProcesses: number;
  readonly extraKb: number;
}

/** What a change of the only endpoint does to clients, and what it leaves behind. */
export async function reloadSuite(bench: Bench): Promise<Report> {
  const load: Load = bench.options.quick
    ? { sessions: 200, reloads: 10 }
    : { sessions: 1_000, reloads: 50 };
  const results: ReloadResult[] = [];
  for (const each of reloadCases(bench.kinds)) {
    await withOwner(async (owner) => {
      results.push(await runCase(owner, bench, each, load));
    });
    bench.say(`reload: ${each.name}`);
  }
  return reloadReport(results, load);
}

async function runCase(
  owner: Owner,
  { tools }: Bench,
  { name, kind, reload }: ReloadCase,
  load: Load,
): Promise<ReloadResult> {
  const endpoints = {
    A: await startBackend(owner, tools, 'name', 'A'),
    B: await startBackend(owner, tools, 'name', 'B'),
  };
  const file = join(await owner.temporaryFolder(), 'proxy.conf');
  const route = { port: await freePort(), endpoint: endpoints.A, file };
  const stand = await startStand(owner, kind, route);
  const size = [route.port, load.sessions, 64].map(String);
  const held = startChild(owner, tools.loadgen, ['hold', ...size]);
  if ((await held.nextLine()) !== 'warm') throw new Error(`${name}: sessions did not open`);
  const before = footprint(stand);
  const took: number[] = [];
  const probes: Probe[] = [];
  let failedConnects = 0;
  owner.own(async () => probes.forEach(({ socket }) => socket.destroy()));
  for (let i = 1; i <= load.reloads; i++) {
    const next = i % 2 === 1 ? 'B' : 'A';
    stand.route = { ...route, endpoint: endpoints[next] };
    const begin = performance.now();
    const [{ probe, failures }] = await Promise.all([
      firstSessionAt(route.port, next),
      reload(stand),
    ]);
    took.push(performance.now() - begin);
    probes.push(probe);
    failedConnects += failures;
    await delay(100); // a master that is still forking would coalesce two reloads
  }
  const after = footprint(stand);
  return {
    name,
    effectMs: spread(took),
    p99Ms: quantile(
      took.sort((a, b) => a - b),
      0.99,
    ),
    droppedSessions: await countDropped(held, load.sessions, probes),
    failedConnects,
    extraProcesses: after.processes - before.processes,
    extraKb: after.kb - before.kb,
  };
}

function footprint({ child }: Stand): { processes: number; kb: number } {
  const pids = processTree(child.pid);
  return { processes: pids.length, kb: proportionalKb(pids) };
}

/** Each held session is asked once more; so are those that were opened after each reload. */
async function countDropped(
  held: Child,
  sessions: number,
  probes: readonly Probe[],
): Promise<number> {
  held.write('still there?');
  const { alive } = JSON.parse(await held.nextLine()) as { alive: number };
  const answered = await Promise.all(probes.map(answers));
  return sessions - alive + answered.filter((alive) => !alive).length;
}

function reloadReport(results: readonly ReloadResult[], load: Load): Report {
  const total = load.sessions + load.reloads;
  const table = markdownTable(
    ['', ...results.map(({ name }) => name)],
    [
      ['change to first new session, ms', ...results.map((r) => formatSpread(r.effectMs))],
      ['the same, p99', ...results.map((r) => formatNumber(r.p99Ms))],
      [`sessions dropped, of ${total}`, ...results.map((r) => String(r.droppedSessions))],
      ['connects failed', ...results.map((r) => String(r.failedConnects))],
      ['extra processes afterwards', ...results.map((r) => String(r.extraProcesses))],
      ['extra memory afterwards, MiB', ...results.map((r) => (r.extraKb / 1024).toFixed(1))],
    ],
  );
  const method = `The only endpoint is exchanged ${load.reloads} times under ${load.sessions} open sessions; after each change clients connect one after another until one reaches the new endpoint, and that session stays open. At the end every session is asked for an answer. Median (least…most). What is saved to a file counts from the save: ours waits for the file to stand still (\`reload.quiet-period\`), a signal does not.`;
  return {
    name: 'reload',
    title: 'Changing an endpoint',
    summary: table,
    text: `${table}\n\n${method}`,
    plots: [],
  };
}
