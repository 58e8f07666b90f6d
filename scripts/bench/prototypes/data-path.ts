/**
 * `data-path.js PROCESSES shared|handed FILE`: the gateway with its data path in other processes.
 *
 * One process reads the configuration and merges it; the others get the desired state as plain
 * data, run the product's own listeners, pools and relays on it, and send counters back. `shared`:
 * each accepts from one listening socket; `handed`: the first process accepts and hands out in turn.
 * A prototype to measure with: no discovery, no reload, no admin server.
 */
import cluster from 'node:cluster';
import { readFile } from 'node:fs/promises';
import { parseConfig } from '../../../src/config/parse.js';
import { systemClock } from '../../../src/model/clock.js';
import type { DesiredState } from '../../../src/model/desired-state.js';
import { atOnce } from '../../../src/model/portions.js';
import type { HostAddresses } from '../../../src/model/ports.js';
import { TlsContexts } from '../../../src/etcd/tls-files.js';
import { createObstacle, createProbe } from '../../../src/pool/probe.js';
import { createRetry } from '../../../src/pool/retry.js';
import { readFdUse } from '../../../src/proxy/fd-limit.js';
import { LiveGateways } from '../../../src/proxy/live-gateways.js';
import { LoopGuard } from '../../../src/proxy/loop-guard.js';
import { sessionBudget } from '../../../src/proxy/session-budget.js';
import { systemSides } from '../../../src/proxy/sides.js';
import { merge } from '../../../src/reconcile/merge.js';

/** How often counters cross. */
const reportMs = 1_000;

if (cluster.isPrimary) await control(process.argv.slice(2));
else dataPath();

async function control([processes, accepting, file = '']: readonly string[]): Promise<void> {
  const parsed = parseConfig(await readFile(file), file);
  if (parsed.kind !== 'config') throw new Error(`${file} is no configuration`);
  const desired: DesiredState = atOnce(merge(parsed.config, () => undefined, undefined));
  cluster.setupPrimary({ serialization: 'advanced' });
  cluster.schedulingPolicy = accepting === 'handed' ? cluster.SCHED_RR : cluster.SCHED_NONE;
  for (let i = 0; i < Number(processes); i++) {
    const worker = cluster.fork();
    worker.once('message', () => worker.send(desired)); // it has said that it hears
  }
}

function dataPath(): void {
  process.once('message', (desired) => void serve(desired as DesiredState));
  process.send?.('ready');
}

async function serve(desired: DesiredState): Promise<void> {
  const live = await openLive();
  const plan = { added: [...desired.gateways.values()], removed: [], updated: [], process: [] };
  (await live.prepare(plan, desired)).commit();
  setInterval(() => process.send?.(live.views()), reportMs);
}

async function openLive(): Promise<LiveGateways> {
  const clock = systemClock;
  const contexts = new TlsContexts(clock);
  const probe = createProbe(clock, contexts);
  const loops = new LoopGuard(clock);
  const { limit, inUse } = await readFdUse();
  return new LiveGateways({
    ...{ clock, random: Math.random, observer: () => undefined, hosts: literalsOnly, probe, loops },
    obstacle: createObstacle(contexts),
    retry: createRetry(clock, probe, (address) => loops.isSelf(address)),
    budget: sessionBudget(limit, inUse),
    sides: await systemSides(0),
    namesClients: () => false,
  });
}

const literalsOnly: HostAddresses = {
  track: (host) => {
    throw new Error(`the prototype looks up no names (${host})`);
  },
};
