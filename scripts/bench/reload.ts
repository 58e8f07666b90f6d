import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree, proportionalKb } from './accounting.js';
import { startBackend } from './backend.js';
import type { Bench } from './bench.js';
import { type Owner, withOwner } from './owner.js';
import { type Child, freePort, startChild } from './processes.js';
import { answers, firstSessionAt, type Probe } from './probe.js';
import { type ReloadCase, reloadCases, type Stand, startStand } from './reload-cases.js';
import { type ReloadLoad, reloadReport, type ReloadResult } from './reload-report.js';
import type { Report } from './report.js';

/** What a change of the only endpoint does to clients, and what it leaves behind. */
export async function reloadSuite(bench: Bench): Promise<Report> {
  const load: ReloadLoad = bench.options.quick
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
  load: ReloadLoad,
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
  const effectMs: number[] = [];
  const probes: Probe[] = [];
  let failedConnects = 0;
  owner.own(async () => probes.forEach(({ socket }) => socket.destroy()));
  for (let i = 1; i <= load.reloads; i++) {
    const next = i % 2 === 1 ? 'B' : 'A';
    stand.route = { ...route, endpoint: endpoints[next] };
    const { probe, failures, tookMs } = await change(stand, reload, next);
    effectMs.push(tookMs);
    probes.push(probe);
    failedConnects += failures;
    await delay(100); // a master that is still forking would coalesce two reloads
  }
  const after = footprint(stand);
  return {
    name,
    effectMs,
    droppedSessions: await countDropped(held, load.sessions, probes),
    failedConnects,
    extraProcesses: after.processes - before.processes,
    extraMiB: (after.kb - before.kb) / 1024,
  };
}

interface Changed {
  readonly probe: Probe;
  readonly failures: number;
  readonly tookMs: number;
}

/** Clients ask from the moment of the change on: they see what it does to them. */
async function change(
  stand: Stand,
  reload: ReloadCase['reload'],
  endpoint: string,
): Promise<Changed> {
  const begin = performance.now();
  const asked = firstSessionAt(stand.route.port, endpoint).then((found) => {
    return { ...found, tookMs: performance.now() - begin };
  });
  const [found] = await Promise.all([asked, reload(stand)]);
  return found;
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
