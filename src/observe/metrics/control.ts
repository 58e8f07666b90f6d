import type { Gauge, Registry } from 'prom-client';
import prometheus = require('prom-client');

import type { Clock, SourceStatus } from '../../model/ports.js';
import type { GatewayView } from '../../model/views.js';
import type { AdminBackend } from '../backend.js';
import { buildFileState } from '../admin/state.js';

/** Where endpoints come from and how reloads went. */
export class ControlMetrics {
  readonly #backend: AdminBackend;
  readonly #clock: Clock;
  readonly #ready: Gauge;
  readonly #dialing: Gauge;
  readonly #checksImpossible: Gauge;
  readonly #generation: Gauge;
  readonly #lastSuccess: Gauge;
  readonly #inUse: Gauge;
  readonly #endpoints: Gauge;
  readonly #sourceUp: Gauge;
  readonly #answered: Gauge;
  readonly #ttlLeft: Gauge;

  constructor(registry: Registry, backend: AdminBackend, clock: Clock) {
    const registers = [registry];
    const labelNames = ['gateway', 'source'];
    this.#backend = backend;
    this.#clock = clock;
    this.#ready = new prometheus.Gauge({
      name: 'etcd_gateway_ready',
      help: '1 if every listener is bound and each gateway has an upstream believed alive.',
      registers,
    });
    this.#dialing = new prometheus.Gauge({
      name: 'etcd_gateway_clients_dialing',
      help: 'Clients that wait for an upstream to connect.',
      labelNames: ['gateway'],
      registers,
    });
    this.#checksImpossible = new prometheus.Gauge({
      name: 'etcd_gateway_health_checks_impossible',
      help: '1 while health checks cannot be made, as with a key file that cannot be read.',
      labelNames: ['gateway'],
      registers,
    });
    this.#generation = new prometheus.Gauge({
      name: 'etcd_gateway_generation',
      help: 'Number of desired states applied since the start.',
      registers,
    });
    this.#lastSuccess = new prometheus.Gauge({
      name: 'etcd_gateway_reload_last_success_timestamp_seconds',
      help: 'When a desired state was last applied.',
      registers,
    });
    this.#inUse = new prometheus.Gauge({
      name: 'etcd_gateway_config_in_use',
      help: '1 if the configuration on disk is the one that runs, 0 if it is refused or missing.',
      registers,
    });
    this.#endpoints = new prometheus.Gauge({
      name: 'etcd_gateway_endpoints',
      help: 'Endpoints that a source gives: configured, srv or members.',
      labelNames,
      registers,
    });
    this.#sourceUp = new prometheus.Gauge({
      name: 'etcd_gateway_source_up',
      help: '1 if the latest attempt of a discovery succeeded.',
      labelNames,
      registers,
    });
    this.#answered = new prometheus.Gauge({
      name: 'etcd_gateway_source_last_answer_timestamp_seconds',
      help: 'When a discovery last answered; 0: never.',
      labelNames,
      registers,
    });
    this.#ttlLeft = new prometheus.Gauge({
      name: 'etcd_gateway_source_ttl_left_seconds',
      help: 'Time until a discovery is asked again.',
      labelNames,
      registers,
    });
  }

  collect(gateways: readonly GatewayView[]): void {
    for (const metric of [this.#dialing, this.#checksImpossible]) metric.reset();
    for (const { name: gateway, dialing, checksImpossible } of gateways) {
      this.#dialing.set({ gateway }, dialing);
      this.#checksImpossible.set({ gateway }, +(checksImpossible !== undefined));
    }
    const history = this.#backend.reconciles();
    const running = this.#backend.running();
    const file = buildFileState(this.#backend.reading(), running, history.lastRejected);
    this.#ready.set(+this.#backend.readiness().ready);
    this.#generation.set(history.generation);
    this.#lastSuccess.set((history.lastApplied?.atMs ?? 0) / 1000);
    this.#inUse.set(+(file.status === 'running'));
    this.#endpoints.reset();
    for (const { name, endpoints } of running?.config.gateways ?? []) {
      this.#endpoints.set({ gateway: name, source: 'configured' }, endpoints.length);
    }
    this.#collectSources(this.#backend.sources());
  }

  #collectSources(sources: readonly SourceStatus[]): void {
    for (const metric of [this.#sourceUp, this.#answered, this.#ttlLeft]) metric.reset();
    const nowMs = this.#clock.wallMs();
    for (const { gateway, kind: source, endpoints, answeredAtMs, error, nextAtMs } of sources) {
      const at = { gateway, source };
      this.#endpoints.set(at, endpoints);
      this.#sourceUp.set(at, +(error === undefined && answeredAtMs !== undefined));
      this.#answered.set(at, (answeredAtMs ?? 0) / 1000);
      if (nextAtMs !== undefined) this.#ttlLeft.set(at, Math.max(0, nextAtMs - nowMs) / 1000);
    }
  }
}
