import type { Counter, Histogram, Registry } from 'prom-client';
import prometheus = require('prom-client');

import type { GatewayEvent, RefusalReason } from '../../model/events.js';
import { DialTimes } from './dial-times.js';

const refusalReasons: readonly RefusalReason[] = [
  'no-endpoint',
  'all-failed',
  'max-sessions',
  'fd-limit',
  'denied',
  'loop',
];
const dialReasons = ['refused', 'timeout', 'unreachable', 'reset', 'limit', 'other'] as const;
const checkResults = ['ok', 'failed', 'impossible'] as const;
const recordTypes = ['SRV', 'A', 'AAAA'];
const queryOutcomes = ['answer', 'nodata', 'nxdomain', 'servfail', 'refused', 'timeout'];

/** Seconds. */
const queryBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What only events tell. Every label has a fixed set of values, but for the gateway's name. */
export class EventMetrics {
  readonly dialTimes = new DialTimes();
  readonly #gateways = new Set<string>();
  readonly #dialFailures: Counter;
  readonly #refused: Counter;
  readonly #checks: Counter;
  readonly #reloads: Counter;
  readonly #queries: Counter;
  readonly #querySeconds: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#dialFailures = new prometheus.Counter({
      name: 'etcd_gateway_dial_failures_total',
      help: 'Dials that failed, by reason.',
      labelNames: ['gateway', 'reason'],
      registers,
    });
    this.#refused = new prometheus.Counter({
      name: 'etcd_gateway_clients_refused_total',
      help: 'Clients that got no session, by reason.',
      labelNames: ['gateway', 'reason'],
      registers,
    });
    this.#checks = new prometheus.Counter({
      name: 'etcd_gateway_health_checks_total',
      help: 'Health checks, by result; impossible: for a reason of this process, it was not made.',
      labelNames: ['gateway', 'result'],
      registers,
    });
    this.#reloads = new prometheus.Counter({
      name: 'etcd_gateway_reloads_total',
      help: 'Reconcile runs, by verdict. A refusal that repeats unchanged is counted once.',
      labelNames: ['verdict'],
      registers,
    });
    this.#queries = new prometheus.Counter({
      name: 'etcd_gateway_dns_queries_total',
      help: 'DNS queries sent, by record type and outcome.',
      labelNames: ['type', 'outcome'],
      registers,
    });
    this.#querySeconds = new prometheus.Histogram({
      name: 'etcd_gateway_dns_query_duration_seconds',
      help: 'Time from a DNS query to its outcome.',
      buckets: queryBuckets,
      registers,
    });
    for (const verdict of ['applied', 'unchanged', 'rejected']) this.#reloads.inc({ verdict }, 0);
  }

  observe(event: GatewayEvent): void {
    if ('gateway' in event) this.#gateways.add(event.gateway);
    switch (event.type) {
      case 'dial-failed':
        this.#dialFailures.inc({
          gateway: event.gateway,
          reason: event.limit === undefined ? (dialReasonOf[event.reason] ?? 'other') : 'limit',
        });
        break;
      case 'client-refused':
        this.#refused.inc({ gateway: event.gateway, reason: event.reason });
        break;
      case 'health-checked':
        this.#checks.inc({ gateway: event.gateway, result: checkResultOf(event) });
        break;
      case 'reconciled':
        this.#reloads.inc({ verdict: event.verdict.outcome });
        break;
      case 'dns-queried':
        this.#querySeconds.observe(event.durationMs / 1000);
        this.#queries.inc({
          type: known(recordTypes, event.recordType),
          outcome: known(queryOutcomes, event.outcome),
        });
        break;
      default: // the others are states, read from views
    }
  }

  dialed(gateway: string, durationsMs: Float64Array): void {
    this.#gateways.add(gateway);
    for (const durationMs of durationsMs) this.dialTimes.observe(gateway, durationMs);
  }

  /** Drops the series of gateways that are no more. */
  forgetOthers(gateways: ReadonlySet<string>): void {
    for (const gateway of this.#gateways) {
      if (!gateways.has(gateway)) this.#forget(gateway);
    }
  }

  #forget(gateway: string): void {
    this.#gateways.delete(gateway);
    this.dialTimes.forget(gateway);
    for (const reason of dialReasons) this.#dialFailures.remove({ gateway, reason });
    for (const reason of refusalReasons) this.#refused.remove({ gateway, reason });
    for (const result of checkResults) this.#checks.remove({ gateway, result });
  }
}

function checkResultOf({ ok, made }: { readonly ok: boolean; readonly made: boolean }): string {
  if (ok) return 'ok';
  return made ? 'failed' : 'impossible';
}

function known(values: readonly string[], value: string): string {
  return values.includes(value) ? value : 'other';
}

/** The label of a code, the system's or our own; others are `other`. */
const dialReasonOf: Readonly<Record<string, (typeof dialReasons)[number]>> = {
  ...{ ECONNREFUSED: 'refused', ECONNRESET: 'reset', ETIMEDOUT: 'timeout' },
  ...{ EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable' },
};
