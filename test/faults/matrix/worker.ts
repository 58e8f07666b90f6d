/**
 * `worker.js [--packets] [WORD…]`: tries the cells with one of these words in their name, all of
 * them at once before one gateway, and prints a `Report` as JSON. With `--packets` it is alone in
 * a network that was made for it, and drops packets there.
 */
import { parseArgs } from 'node:util';

import { errorMessage } from '../../../src/model/errors.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { allCells, needsOwnNetwork, type Cell } from './cells.js';
import { judgeCounters, parseMetrics, sumOf } from './counters.js';
import { judge } from './judge.js';
import { Lab } from './lab.js';
import { tryOwnQueue } from './own-queue.js';
import { preparePackets } from './packets.js';
import type { CellResult, Report } from './report.js';
import { Trial } from './trial.js';

/** The rest of what a cell must show comes within this time of its session's end. */
const settleMs = 10_000;

async function tryCells(cells: readonly Cell[], scope: Scope): Promise<Report> {
  const lab = await Lab.open(scope);
  await lab.metrics(); // the first time it loads what makes them
  const before = await lab.footprint();
  const trials = cells.map((cell) => new Trial(cell, lab, scope));
  await Promise.all(trials.map((trial) => trial.prepare()));
  const results = await Promise.all(trials.map((trial) => tryOne(trial, lab)));
  const counters = parseMetrics(await lab.metrics());
  trials.forEach((trial, n) => {
    const found = judgeCounters(trial, lab.logOf(trial.cell.name), counters);
    results[n]?.problems.push(...found);
  });
  const sessions = await sessionsLeft(lab);
  const most = await lab.footprint();
  await lab.removeAll();
  const after = await lab.settledAt(before);
  return { results, sessions, before, most, after };
}

async function tryOne(trial: Trial, lab: Lab): Promise<CellResult> {
  const { name } = trial.cell;
  const startedMs = performance.now();
  const problems = await run(trial, lab);
  return { name, problems, durationMs: Math.round(performance.now() - startedMs) };
}

async function run(trial: Trial, lab: Lab): Promise<string[]> {
  try {
    await trial.run();
  } catch (error) {
    return [errorMessage(error)];
  }
  const look = (): string[] => judge(trial, lab.logOf(trial.cell.name));
  const isRight = until(() => look().length === 0, { what: 'it', timeoutMs: settleMs });
  await isRight.catch(() => undefined); // what is still wrong is in the report
  return look();
}

/** Sessions and dials that are still open when all has ended. */
async function sessionsLeft(lab: Lab): Promise<number> {
  const count = async (): Promise<number> => {
    const counters = parseMetrics(await lab.metrics());
    return sumOf(counters, 'sessions_active{') + sumOf(counters, 'clients_dialing{');
  };
  const none = until(async () => (await count()) === 0, { what: 'the sessions', everyMs: 200 });
  await none.catch(() => undefined); // the count says it
  return count();
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { packets: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const isWanted = (cell: Cell): boolean =>
    (values.packets || !needsOwnNetwork(cell)) &&
    (positionals.length === 0 || positionals.some((word) => cell.name.includes(word)));
  if (values.packets) await preparePackets();
  const scope = new Scope();
  try {
    const report = await tryCells(allCells().filter(isWanted), scope);
    const queue = values.packets ? { ownQueue: await tryOwnQueue(scope) } : {};
    console.log(JSON.stringify({ ...report, ...queue }));
  } finally {
    for (const error of await scope.close()) console.error('closing failed:', error);
  }
}

await main();
// All is closed. Without this Node 20 may wait for ever, and spin, for a request of a socket that has been closed.
process.exit();
