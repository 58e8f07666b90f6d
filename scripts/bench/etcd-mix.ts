import { Etcd3 } from 'etcd3';
import { type Path, proxyCpuMs } from './paths.js';
import { p99 } from './statistics.js';

const clients = 8;
const callersPerClient = 4;

/** What one round of calls through one proxy gave. */
export interface Mix {
  readonly callsPerSecond: number;
  readonly putP99Ms: number;
  readonly getP99Ms: number;
  /** 1: the watcher saw every put. */
  readonly eventsPerPut: number;
  readonly cpuUsPerCall: number;
}

interface Times {
  readonly put: number[];
  readonly get: number[];
}

export async function runMix(path: Path, ms: number): Promise<Mix> {
  const { port } = path;
  const opened = Array.from({ length: clients }, () => new Etcd3({ hosts: `127.0.0.1:${port}` }));
  const watching = new Etcd3({ hosts: `127.0.0.1:${port}` });
  const seen = await countEvents(watching);
  try {
    await callFor(opened, ms / 4); // connections and code are warm from here on
    await settled(seen);
    const before = { cpu: proxyCpuMs(path), events: seen.events };
    const begin = performance.now();
    const times = await callFor(opened, ms);
    const seconds = (performance.now() - begin) / 1000;
    await settled(seen);
    const calls = times.put.length + times.get.length;
    return {
      callsPerSecond: calls / seconds,
      putP99Ms: p99(times.put),
      getP99Ms: p99(times.get),
      eventsPerPut: (seen.events - before.events) / times.put.length,
      cpuUsPerCall: ((proxyCpuMs(path) - before.cpu) * 1000) / calls,
    };
  } finally {
    await seen.cancel();
    for (const client of [...opened, watching]) client.close();
  }
}

interface Seen {
  events: number;
  /** A watch that is not cancelled reconnects for ever, also after its client has closed. */
  readonly cancel: () => Promise<void>;
}

async function countEvents(client: Etcd3): Promise<Seen> {
  const watcher = await client.watch().prefix('bench/').create();
  const seen: Seen = { events: 0, cancel: () => watcher.cancel() };
  watcher.on('put', () => seen.events++);
  return seen;
}

/** Resolves once no event has come for a while (a second at most). */
async function settled(seen: Seen): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const before = seen.events;
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (seen.events === before) return;
  }
}

async function callFor(opened: readonly Etcd3[], ms: number): Promise<Times> {
  const times: Times = { put: [], get: [] };
  const end = performance.now() + ms;
  const callers = opened.flatMap((client, c) =>
    Array.from({ length: callersPerClient }, (_, i) =>
      callInTurn(client, `bench/${c}-${i}`, end, times),
    ),
  );
  await Promise.all(callers);
  return times;
}

async function callInTurn(client: Etcd3, key: string, end: number, times: Times): Promise<void> {
  const value = 'x'.repeat(256);
  while (performance.now() < end) {
    times.put.push(await timed(() => client.put(key).value(value).exec()));
    times.get.push(await timed(() => client.get(key).buffer()));
  }
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await call();
  return performance.now() - begin;
}
