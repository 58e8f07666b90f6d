import { get } from 'node:http';
import { readFile, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

import type { TestProcess } from '../support/process.js';
import { until } from '../support/until.js';
import type { Series } from './trend.js';

const mebibyte = 1024 * 1024;

/** What must not grow, as the gateway itself says at one time. */
export interface Gauges {
  readonly atMs: number;
  readonly sessions: number;
  readonly residentMib: number;
  readonly heapMib: number;
  /** Descriptors that are no session's. */
  readonly otherFds: number;
  /** Since the process started. */
  readonly cpuSeconds: number;
  /** 99th percentile since the last look. */
  readonly loopDelayMs: number;
}

export const figures = ['residentMib', 'heapMib', 'otherFds', 'cpuPercent', 'loopDelayMs'] as const;
export type Figure = (typeof figures)[number];

export async function readGauges(adminSocket: string): Promise<Gauges> {
  const metrics = await fetchText(adminSocket, '/metrics');
  const sessions = sum(metrics, 'sessions_active');
  return {
    atMs: performance.now(),
    sessions,
    residentMib: sum(metrics, 'process_resident_memory_bytes') / mebibyte,
    heapMib: sum(metrics, 'process_heap_used_bytes') / mebibyte,
    otherFds: sum(metrics, 'process_open_fds') - 2 * sessions,
    cpuSeconds: sum(metrics, 'process_cpu_seconds_total'),
    loopDelayMs: sum(metrics, 'event_loop_delay_p99_seconds') * 1_000,
  };
}

export function seriesOf(samples: readonly Gauges[], figure: Figure): Series {
  if (figure === 'cpuPercent') return cpuPercent(samples);
  return samples.map((sample) => ({ atMs: sample.atMs, value: sample[figure] }));
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

/** Makes Node write a report on SIGUSR2; for the environment of the gateway. */
export function reporting(dir: string): NodeJS.ProcessEnv {
  const flags = ['--report-on-signal', `--report-directory=${dir}`, `--report-filename=${report}`];
  return { NODE_OPTIONS: [...flags, '--report-exclude-network'].join(' ') };
}

const report = 'handles.json';

/** The active handles of libuv, by type; timers are left out: all of JavaScript's share one. */
export async function readHandles(
  gateway: TestProcess,
  dir: string,
): Promise<Readonly<Record<string, number>>> {
  const file = `${dir}/${report}`;
  await rm(file, { force: true });
  gateway.signal('SIGUSR2');
  const parsed = await until(
    async () => JSON.parse(await readFile(file, 'utf8')) as { libuv: readonly Handle[] },
    { what: 'the report of the handles', timeoutMs: 20_000 },
  );
  const counts: Record<string, number> = {};
  for (const { type, is_active } of parsed.libuv) {
    if (is_active && type !== 'timer') counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

interface Handle {
  readonly type: string;
  readonly is_active: boolean;
}
