import prometheus = require('prom-client');

import type { Observer } from '../../model/events.js';
import type { Clock } from '../../model/ports.js';
import type { About, AdminBackend } from '../backend.js';
import { ControlMetrics } from './control.js';
import { EventMetrics } from './events.js';
import { ProcessMetrics } from './process.js';
import { renderUpstreams } from './upstreams.js';

export interface MetricsOptions {
  readonly backend: AdminBackend;
  readonly about: About;
  readonly clock: Clock;
}

/**
 * The process' figures for Prometheus. Totals that the pool keeps are read at each look, the rest
 * is counted from events: it must be fed all of them through `observe`.
 */
export class Metrics {
  readonly observe: Observer;
  readonly #registry = new prometheus.Registry();
  readonly #backend: AdminBackend;
  readonly #control: ControlMetrics;
  readonly #events: EventMetrics;
  readonly #process: ProcessMetrics;

  constructor({ backend, about, clock }: MetricsOptions) {
    this.#backend = backend;
    this.#control = new ControlMetrics(this.#registry, backend, clock);
    this.#events = new EventMetrics(this.#registry);
    this.#process = new ProcessMetrics(this.#registry, about, clock);
    this.observe = (event) => this.#events.observe(event);
  }

  /** How long dials of a gateway took to connect: of those no event tells. */
  dialed(gateway: string, durationsMs: Float64Array): void {
    this.#events.dialed(gateway, durationsMs);
  }

  /** The exposition text of this moment. */
  async render(): Promise<string> {
    await Promise.all([this.#process.collect(), this.#backend.look()]);
    const gateways = this.#backend.gateways();
    this.#control.collect(gateways);
    this.#events.forgetOthers(new Set(gateways.map(({ name }) => name)));
    const upstreams = await renderUpstreams(gateways);
    return [upstreams, this.#events.dialTimes.render(), await this.#registry.metrics()].join('\n');
  }

  /** Idempotent. */
  close(): void {
    this.#process.close();
  }
}
