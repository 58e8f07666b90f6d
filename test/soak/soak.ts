import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import { Residue } from '../support/residue.js';
import type { Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { Crowd } from './crowd.js';
import { withSoakEndpoint } from './endpoint.js';
import { readGauges, readLiveHeap, type Gauges, type LiveHeap, type Samples } from './gauges.js';
import { leftOvers, type Rest } from './rest.js';
import { changeFiles, firstFile, flap, type Place, type Weather } from './weather.js';

export interface SoakOptions {
  readonly sessions: number;
  /** Of measuring, once all sessions are open and the process has warmed up. */
  readonly measuredMs: number;
  readonly warmUpMs: number;
  /** Told of each sample. */
  readonly onSample?: (sample: Gauges & LiveHeap, crowd: Crowd) => void;
}

export interface SoakReport extends Weather {
  readonly samples: Samples;
  readonly violations: readonly string[];
  readonly churned: number;
  readonly reopened: number;
  readonly bytesChecked: number;
  /** Handles and descriptors before the first session, and after the last. */
  readonly before: Rest;
  readonly after: Rest;
}

const sampleEveryMs = 2_000;

/** Samples to each look at the live heap. */
const samplesAHeap = 2;

const reloadEveryMs = 3_000;
const flapEveryMs = 8_000;
const churnPerSecond = 30;

/** A retry of an endpoint that has just come back, and the like. */
const calmWithinMs = 15_000;

/** How long after a cut a client may notice it, on a machine that is busy. */
const noticedWithinMs = 5_000;

/** The gateway, and how to look into it. */
interface Watched {
  readonly gateway: GatewayProcess;
  readonly residue: Residue;
  readonly adminSocket: string;
}

/** Sessions, churn, reloads and flapping endpoints before the built program, and what it takes. */
export async function soak(scope: Scope, options: SoakOptions): Promise<SoakReport> {
  const place = await layOut(scope);
  const residue = await Residue.prepare(scope);
  const gateway = await withGateway(scope, { config: firstFile(place), env: residue.env });
  const watched: Watched = { gateway, residue, adminSocket: place.adminSocket };
  await watching(watched);
  const before = await atRest(watched);
  const crowd = openCrowd(place, options.sessions);
  const weather: Weather = { reloads: 0, refused: 0, cuts: 0, refusals: 0 };
  const samples = await endure(watched, place, crowd, weather, options);
  await crowd.close();
  await gateway.edit(firstFile(place));
  const after = await calmDown(watched, before);
  const { violations, churned, reopened, bytesChecked } = crowd;
  return { ...weather, samples, violations, churned, reopened, bytesChecked, before, after };
}

/** A file that is watched takes handles too, and a busy machine its time. */
async function watching({ gateway, residue }: Watched): Promise<void> {
  const isWatched = async (): Promise<boolean> => {
    const { fs_event: watches = 0 } = (await residue.ask(gateway)).handles;
    return watches >= 2;
  };
  await until(isWatched, { what: 'the file and its folder to be watched', timeoutMs: 20_000 });
}

async function layOut(scope: Scope): Promise<Place> {
  const [port = 0, dead = 0] = await freePorts(2);
  const open = (name: string) => withSoakEndpoint(scope, name);
  return {
    port,
    adminSocket: join(await scope.tempDir(), 'admin.sock'),
    stable: [await open('stable0'), await open('stable1'), await open('stable2')],
    flapping: [await open('flapping0'), await open('flapping1')],
    dead: `127.0.0.1:${dead}`,
  };
}

function openCrowd({ port, flapping }: Place, sessions: number): Crowd {
  const recent = (atMs: number): boolean => performance.now() - atMs < noticedWithinMs;
  const mayEnd = (name: string): boolean =>
    name === ''
      ? flapping.some(({ refusedAtMs }) => recent(refusedAtMs))
      : flapping.some((endpoint) => endpoint.name === name && recent(endpoint.cutAtMs));
  return new Crowd({ port, sessions, churnPerSecond, mayEnd });
}

async function endure(
  watched: Watched,
  place: Place,
  crowd: Crowd,
  weather: Weather,
  options: SoakOptions,
): Promise<Samples> {
  crowd.start();
  await until(() => crowd.open >= options.sessions, {
    what: `${options.sessions} sessions to be open`,
    timeoutMs: 120_000,
  });
  const over = new AbortController();
  const storms = Promise.all([
    changeFiles(watched.gateway, place, reloadEveryMs, weather, over.signal),
    flap(place.flapping, flapEveryMs, weather, over.signal),
  ]);
  const samples = await Promise.race([sample(watched, crowd, options), forever(storms)]);
  over.abort();
  await storms;
  return samples;
}

/** Passes an error on, and never a result. */
async function forever(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise(() => undefined);
}

async function sample(
  watched: Watched,
  crowd: Crowd,
  { warmUpMs, measuredMs, onSample }: SoakOptions,
): Promise<Samples> {
  const { adminSocket } = watched;
  await sleep(warmUpMs);
  const gauges: Gauges[] = [];
  const heaps: LiveHeap[] = [];
  const endMs = performance.now() + measuredMs;
  while (performance.now() < endMs) {
    const heap = await readLiveHeap(watched.gateway, watched.residue);
    heaps.push(heap);
    await readGauges(adminSocket); // what the loop was late while it warmed up or collected is not measured
    for (let n = 0; n < samplesAHeap; n += 1) {
      await sleep(sampleEveryMs);
      const taken = await readGauges(adminSocket);
      gauges.push(taken);
      onSample?.({ ...heap, ...taken }, crowd);
    }
  }
  return { gauges, heaps };
}

/** Until no session is open and nothing more is held than before. */
async function calmDown(watched: Watched, before: Rest): Promise<Rest> {
  await until(async () => (await readGauges(watched.adminSocket)).sessions === 0, {
    what: 'the last session to end',
    timeoutMs: 20_000,
  });
  const deadline = performance.now() + calmWithinMs;
  for (;;) {
    const rest = await atRest(watched);
    if (leftOvers(before, rest).length === 0 || performance.now() > deadline) return rest;
    await sleep(1_000);
  }
}

async function atRest({ gateway, residue, adminSocket }: Watched): Promise<Rest> {
  const { handles } = await residue.ask(gateway);
  const { otherFds } = await readGauges(adminSocket);
  return { handles, fds: otherFds };
}
