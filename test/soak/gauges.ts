import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

import type { GatewayProcess } from '../support/gateway.js';
import type { Residue } from '../support/residue.js';
import type { Series } from './trend.js';

const mebibyte = 1024 * 1024;

/** What must not grow, as the gateway itself says at one time. */
export interface Gauges {
  readonly atMs: number;
  readonly sessions: number;
  readonly residentMib: number;
  /** Descriptors that are no session's. */
  readonly otherFds: number;
  /** Since the process started. */
  readonly cpuSeconds: number;
  /** 99th percentile since the last look. */
  readonly loopDelayMs: number;
}

/** What is alive on the JavaScript heap; garbage may lie there for minutes and says nothing. */
export interface LiveHeap {
  readonly atMs: number;
  readonly heapMib: number;
}

export const figures = ['residentMib', 'heapMib', 'otherFds', 'cpuPercent', 'loopDelayMs'] as const;
export type Figure = (typeof figures)[number];

export interface Samples {
  readonly gauges: readonly Gauges[];
  readonly heaps: readonly LiveHeap[];
}

export async function readGauges(adminSocket: string): Promise<Gauges> {
  const metrics = await fetchText(adminSocket, '/metrics');
  const sessions = sum(metrics, 'sessions_active');
  return {
    atMs: performance.now(),
    sessions,
    residentMib: sum(metrics, 'process_resident_memory_bytes') / mebibyte,
    otherFds: sum(metrics, 'process_open_fds') - 2 * sessions,
    cpuSeconds: sum(metrics, 'process_cpu_seconds_total'),
    loopDelayMs: sum(metrics, 'event_loop_delay_p99_seconds') * 1_000,
  };
}

export function seriesOf({ gauges, heaps }: Samples, figure: Figure): Series {
  if (figure === 'cpuPercent') return cpuPercent(gauges);
  if (figure === 'heapMib') return heaps.map(({ atMs, heapMib }) => ({ atMs, value: heapMib }));
  return gauges.map((sample) => ({ atMs: sample.atMs, value: sample[figure] }));
}

/** Collects the garbage first, which delays the loop by some ten milliseconds. */
export async function readLiveHeap(gateway: GatewayProcess, residue: Residue): Promise<LiveHeap> {
  const { heapBytes } = await residue.ask(gateway);
  return { atMs: performance.now(), heapMib: heapBytes / mebibyte };
}

/** Of one processor, between each sample and the one before. */
function cpuPercent(samples: readonly Gauges[]): Series {
  return samples.slice(1).map((sample, index) => {
    const { atMs = 0, cpuSeconds = 0 } = samples[index] ?? {};
    const value = ((sample.cpuSeconds - cpuSeconds) / (sample.atMs - atMs)) * 1_000 * 100;
    return { atMs: sample.atMs, value };
  });
}

/** Over all labels. @throws when there is none: a figure that nobody reports would pass for flat. */
function sum(metrics: string, name: string): number {
  const lines = metrics.matchAll(new RegExp(`^etcd_gateway_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
  const values = [...lines].map(([, value]) => Number(value));
  if (values.length === 0) throw new Error(`the gateway has no metric ${name}`);
  return values.reduce((total, value) => total + value, 0);
}

async function fetchText(socketPath: string, path: string): Promise<string> {
  const request = get({ socketPath, path, headers: { host: 'localhost' }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return text(response);
}
