import { setTimeout as delay } from 'node:timers/promises';
import { processTree, residentKb } from './accounting.js';
import { startBackend } from './backend.js';
import type { Bench } from './bench.js';
import { withOwner } from './owner.js';
import { forgetProfiles, hottestLines } from './profile.js';
import { startChild } from './processes.js';
import { type ProxyKind, type RunningProxy, startProxy } from './proxies.js';
import { type IdleSample, relayReport, type RelaySample } from './relay-report.js';
import type { Report } from './report.js';
import { inTurn } from './rounds.js';
import { measure, type Lengths, workloads } from './workloads.js';

const idleSessions = 2_000;

/** CPU, rate and latency of each proxy under each workload, and memory of idle sessions. */
export async function relaySuite(bench: Bench): Promise<Report> {
  await forgetProfiles();
  const samples = await loadedSamples(bench);
  const profile = bench.options.profile ? await hottestLines() : '';
  const idle = bench.options.loads.includes('idle') ? await idleSamples(bench) : [];
  return relayReport(bench, samples, idle, {
    name: 'relay',
    title: 'Relaying bytes',
    text: profile,
  });
}

export async function loadedSamples({ options, tools, kinds, say }: Bench): Promise<RelaySample[]> {
  const samples: RelaySample[] = [];
  const wanted = workloads.filter(({ key }) => options.loads.includes(key));
  const warmupMs = options.quick ? 300 : 1000;
  const lengths: Lengths = { warmupMs, runMs: options.seconds * 1000 };
  await withOwner(async (owner) => {
    const backends = {
      echo: await startBackend(owner, tools, 'echo'),
      sink: await startBackend(owner, tools, 'sink'),
    };
    const proxies: Record<'echo' | 'sink', RunningProxy[]> = { echo: [], sink: [] };
    for (const kind of kinds) {
      for (const behind of new Set(wanted.map(({ backend }) => backend))) {
        proxies[behind].push(await startProxy(owner, kind, backends[behind]));
      }
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const workload of wanted) {
        for (const proxy of inTurn(proxies[workload.backend], round)) {
          const sample = await measure(owner, tools, proxy, workload, lengths);
          samples.push({ round, workload, proxy: proxy.name, ...sample });
        }
        say(`relay: round ${round} of ${options.rounds}, ${workload.name}`);
      }
    }
  });
  return samples;
}

export async function idleSamples({ kinds, tools, say }: Bench): Promise<IdleSample[]> {
  const samples: IdleSample[] = [];
  for (const kind of kinds) {
    await withOwner(async (owner) => {
      const proxy = await startProxy(owner, kind, await startBackend(owner, tools, 'echo'));
      const emptyKb = await settledKb(proxy);
      const size = [proxy.port, idleSessions, 64].map(String);
      const loadgen = startChild(owner, tools.loadgen, ['hold', ...size]);
      const answered = (await loadgen.nextLine()) === 'warm';
      if (!answered) say(`relay: ${kind.name} did not take ${idleSessions} sessions`);
      const heldKb = await settledKb(proxy);
      samples.push(idleSample(kind, emptyKb, answered ? heldKb : Number.NaN));
      await loadgen.stop();
    });
  }
  say(`relay: ${idleSessions} idle sessions`);
  return samples;
}

function idleSample(kind: ProxyKind, emptyKb: number, heldKb: number): IdleSample {
  return { proxy: kind.name, emptyKb, kbPerSession: (heldKb - emptyKb) / idleSessions };
}

/** Memory once it has stood still for half a second (3 s at most). */
async function settledKb(proxy: RunningProxy): Promise<number> {
  const read = (): number => residentKb(processTree(proxy.child.pid));
  let last = read();
  for (let tries = 0; tries < 6; tries++) {
    await delay(500);
    const now = read();
    if (Math.abs(now - last) < 64) return now;
    last = now;
  }
  return last;
}
