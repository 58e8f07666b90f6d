import type { GatewayEvent, Observer } from '../../model/events.js';
import type { MetricsText } from '../admin/routes.js';
import type { Metrics, MetricsOptions } from './metrics.js';

/** Far more than can happen while a module is loaded; beyond it events are not counted. */
const mostQueued = 100_000;

/**
 * The metrics, loaded after the gateway serves: the library takes longer to load than all else.
 * What happens before is counted then.
 */
export class DeferredMetrics implements MetricsText {
  /** Prometheus' text format, version 0.0.4. */
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #options: MetricsOptions;
  #queued: GatewayEvent[] = [];
  #dials: (readonly [gateway: string, durationsMs: Float64Array])[] = [];
  #loading: Promise<Metrics> | undefined;
  #metrics: Metrics | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  readonly observe: Observer = (event) => {
    if (this.#metrics) this.#metrics.observe(event);
    else if (this.#queued.length < mostQueued) this.#queued.push(event);
  };

  /** How long dials of a gateway took to connect. */
  dialed(gateway: string, durationsMs: Float64Array): void {
    if (this.#metrics) this.#metrics.dialed(gateway, durationsMs);
    else if (this.#dials.length < mostQueued) this.#dials.push([gateway, durationsMs]);
  }

  /** Idempotent. */
  load(): Promise<Metrics> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async render(): Promise<string> {
    return (await this.load()).render();
  }

  /** Idempotent. */
  close(): void {
    this.#metrics?.close();
  }

  async #load(): Promise<Metrics> {
    const { Metrics: Loaded } = await import('./metrics.js');
    const metrics = new Loaded(this.#options);
    for (const event of this.#queued) metrics.observe(event);
    for (const dials of this.#dials) metrics.dialed(...dials);
    this.#queued = [];
    this.#dials = [];
    this.#metrics = metrics;
    return metrics;
  }
}
