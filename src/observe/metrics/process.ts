import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage, memoryUsage } from 'node:process';
import type { Counter, Gauge, Registry } from 'prom-client';
import prometheus = require('prom-client');

import type { Clock, Timer } from '../../model/ports.js';
import type { About } from '../backend.js';

const loopResolutionMs = 20;

/** Longer than the time between two looks of any Prometheus. */
const unwatchedAfterMs = 5 * 60_000;

/** The process and its event loop. */
export class ProcessMetrics {
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  readonly #cpu: Counter;
  readonly #resident: Gauge;
  readonly #heap: Gauge;
  readonly #openFds: Gauge;
  readonly #maxFds: Gauge;
  readonly #loopP50: Gauge;
  readonly #loopP99: Gauge;
  readonly #loopMax: Gauge;

  #unwatched: Timer | undefined;
  readonly #clock: Clock;

  constructor(registry: Registry, about: About, clock: Clock) {
    this.#clock = clock;
    const gauge = (name: string, help: string): Gauge =>
      new prometheus.Gauge({ name: `etcd_gateway_${name}`, help, registers: [registry] });
    this.#cpu = new prometheus.Counter({
      name: 'etcd_gateway_process_cpu_seconds_total',
      help: 'CPU time used, user and system.',
      registers: [registry],
    });
    this.#resident = gauge('process_resident_memory_bytes', 'Memory in use.');
    this.#heap = gauge('process_heap_used_bytes', 'Memory in use for JavaScript objects.');
    this.#openFds = gauge('process_open_fds', 'Open file descriptors.');
    this.#maxFds = gauge('process_max_fds', 'Most file descriptors that may be open.');
    this.#loopP50 = gauge('event_loop_delay_p50_seconds', loopHelp('Median'));
    this.#loopP99 = gauge('event_loop_delay_p99_seconds', loopHelp('99th percentile'));
    this.#loopMax = gauge('event_loop_delay_max_seconds', loopHelp('Longest'));
    gauge('process_start_time_seconds', 'When the process started.').set(about.startedAtMs / 1000);
    new prometheus.Gauge({
      name: 'etcd_gateway_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node'],
      registers: [registry],
    }).set({ version: about.version, node: about.node }, 1);
  }

  async collect(): Promise<void> {
    this.#watchLoop();
    const { user, system } = cpuUsage();
    this.#cpu.reset();
    this.#cpu.inc((user + system) / 1e6);
    const { rss, heapUsed } = memoryUsage();
    this.#resident.set(rss);
    this.#heap.set(heapUsed);
    this.#collectLoop();
    await this.#collectFds();
  }

  close(): void {
    this.#unwatched?.cancel();
    this.#loop.disable();
  }

  /** It costs fifty timers a second: only while somebody looks now and then. */
  #watchLoop(): void {
    this.#loop.enable();
    this.#unwatched?.cancel();
    this.#unwatched = this.#clock.setTimer(unwatchedAfterMs, () => this.#loop.disable());
  }

  /** What a timer is late beyond its interval; an idle loop shows almost nothing. */
  #collectLoop(): void {
    const late = (ns: number): number => Math.max(0, ns / 1e9 - loopResolutionMs / 1000);
    if (this.#loop.count > 0) {
      this.#loopP50.set(late(this.#loop.percentile(50)));
      this.#loopP99.set(late(this.#loop.percentile(99)));
      this.#loopMax.set(late(this.#loop.max));
    }
    this.#loop.reset();
  }

  /** Linux only; elsewhere the figures stay 0. */
  async #collectFds(): Promise<void> {
    const open = await readdir('/proc/self/fd').catch(() => []);
    const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
    this.#openFds.set(open.length);
    this.#maxFds.set(Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? 0));
  }
}

function loopHelp(which: string): string {
  return `${which} delay of the event loop since the last look at these figures.`;
}
