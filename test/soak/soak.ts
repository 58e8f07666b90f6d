import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import type { Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { Crowd } from './crowd.js';
import { withSoakEndpoint } from './endpoint.js';
import { readGauges, readHandles, reporting, type Gauges } from './gauges.js';
import { leftOvers, type Rest } from './rest.js';
import { changeFiles, firstFile, flap, type Place, type Weather } from './weather.js';

export interface SoakOptions {
  readonly sessions: number;
  /** Of measuring, once all sessions are open and the process has warmed up. */
  readonly measuredMs: number;
  readonly warmUpMs: number;
  /** Told of each sample. */
  readonly onSample?: (sample: Gauges, crowd: Crowd) => void;
}

export interface SoakReport extends Weather {
  readonly samples: readonly Gauges[];
  readonly violations: readonly string[];
  readonly churned: number;
  readonly reopened: number;
  readonly bytesChecked: number;
  /** Handles and descriptors before the first session, and after the last. */
  readonly before: Rest;
  readonly after: Rest;
}

const sampleEveryMs = 2_000;
const reloadEveryMs = 3_000;
const flapEveryMs = 8_000;
const churnPerSecond = 30;

/** A retry of an endpoint that has just come back, and the like. */
const calmWithinMs = 15_000;

/** How long after a cut a client may notice it, on a machine that is busy. */
const noticedWithinMs = 5_000;

/** Sessions, churn, reloads and flapping endpoints before the built program, and what it takes. */
export async function soak(scope: Scope, options: SoakOptions): Promise<SoakReport> {
  const place = await layOut(scope);
  const reports = await scope.tempDir();
  const gateway = await withGateway(scope, {
    config: firstFile(place),
    env: reporting(reports),
  });
  await watching(gateway, reports);
  const before = await atRest(gateway, place, reports);
  const crowd = openCrowd(place, options.sessions);
  const weather: Weather = { reloads: 0, refused: 0, cuts: 0, refusals: 0 };
  const samples = await endure(gateway, place, crowd, weather, options);
  await crowd.close();
  const after = await calmDown(gateway, place, before, reports);
  const { violations, churned, reopened, bytesChecked } = crowd;
  return { ...weather, samples, violations, churned, reopened, bytesChecked, before, after };
}

/** A file that is watched takes handles too, and a busy machine its time. */
async function watching(gateway: GatewayProcess, reports: string): Promise<void> {
  const isWatched = async (): Promise<boolean> => {
    const { fs_event: watches = 0 } = await readHandles(gateway, reports);
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
  gateway: GatewayProcess,
  place: Place,
  crowd: Crowd,
  weather: Weather,
  options: SoakOptions,
): Promise<Gauges[]> {
  crowd.start();
  await until(() => crowd.open >= options.sessions, {
    what: `${options.sessions} sessions to be open`,
    timeoutMs: 120_000,
  });
  const over = new AbortController();
  const storms = Promise.all([
    changeFiles(gateway, place, reloadEveryMs, weather, over.signal),
    flap(place.flapping, flapEveryMs, weather, over.signal),
  ]);
  const samples = await Promise.race([sample(place.adminSocket, crowd, options), forever(storms)]);
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
  adminSocket: string,
  crowd: Crowd,
  { warmUpMs, measuredMs, onSample }: SoakOptions,
): Promise<Gauges[]> {
  await sleep(warmUpMs);
  await readGauges(adminSocket); // what the loop was late while it warmed up is not measured
  const samples: Gauges[] = [];
  const endMs = performance.now() + measuredMs;
  while (performance.now() < endMs) {
    await sleep(sampleEveryMs);
    const taken = await readGauges(adminSocket);
    samples.push(taken);
    onSample?.(taken, crowd);
  }
  return samples;
}

/** Back to the first file, and until no session is open and nothing more is held than before. */
async function calmDown(
  gateway: GatewayProcess,
  place: Place,
  before: Rest,
  reports: string,
): Promise<Rest> {
  await gateway.edit(firstFile(place));
  await until(async () => (await readGauges(place.adminSocket)).sessions === 0, {
    what: 'the last session to end',
    timeoutMs: 20_000,
  });
  const deadline = performance.now() + calmWithinMs;
  for (;;) {
    const rest = await atRest(gateway, place, reports);
    if (leftOvers(before, rest).length === 0 || performance.now() > deadline) return rest;
    await sleep(1_000);
  }
}

async function atRest(gateway: GatewayProcess, place: Place, reports: string): Promise<Rest> {
  const handles = await readHandles(gateway, reports);
  const { otherFds } = await readGauges(place.adminSocket);
  return { handles, fds: otherFds };
}
