import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../src/model/clock.js';
import type { GatewayEvent } from '../../src/model/events.js';
import type { SourceStatus } from '../../src/model/ports.js';
import { Metrics } from '../../src/observe/metrics/metrics.js';
import { needs } from '../support/needs.js';
import {
  about,
  applied,
  gatewayView,
  PlainBackend,
  upstreamView,
} from '../support/admin-backend.js';

const test = suite('metrics');

async function withMetrics(
  use: (metrics: Metrics, backend: PlainBackend) => Promise<void>,
): Promise<void> {
  const backend = new PlainBackend();
  const metrics = new Metrics({ backend, about, clock: systemClock });
  try {
    await use(metrics, backend);
  } finally {
    metrics.close();
  }
}

const series = (text: string, start: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`etcd_gateway_${start}`));

const at = { gateway: 'main', endpoint: '10.0.0.1:2379' } as const;
const events: readonly GatewayEvent[] = [
  { type: 'dial-failed', ...at, reason: 'ECONNREFUSED', durationMs: 1 },
  { type: 'dial-failed', ...at, reason: 'something else', durationMs: 1 },
  { type: 'client-refused', gateway: 'main', reason: 'denied', client: '10.1.1.1:4' },
  { type: 'health-checked', ...at, ok: false, reason: 'x', durationMs: 3, made: true },
  {
    type: 'dns-queried',
    server: '10.0.0.53:53',
    name: 'a.test',
    recordType: 'SRV',
    outcome: 'answer',
    durationMs: 2,
  },
  {
    type: 'dns-queried',
    server: '10.0.0.53:53',
    name: 'a.test',
    recordType: 'LOC',
    outcome: 'strange',
    durationMs: 2,
  },
  { type: 'reconciled', verdict: applied },
];

const failing: SourceStatus = {
  gateway: 'main',
  kind: 'srv',
  subject: 'example.com',
  endpoints: 3,
  answeredAtMs: 1,
  nextAtMs: 2,
  error: 'no server answered',
};

test('counts what events tell, with a bounded set of labels', () =>
  withMetrics(async (metrics) => {
    for (const event of events) metrics.observe(event);
    metrics.dialed('main', Float64Array.of(1.5));
    const text = await metrics.render();
    assert.equal(series(text, 'dial_failures'), [
      'etcd_gateway_dial_failures_total{gateway="main",reason="refused"} 1',
      'etcd_gateway_dial_failures_total{gateway="main",reason="other"} 1',
    ]);
    assert.equal(series(text, 'dns_queries'), [
      'etcd_gateway_dns_queries_total{type="SRV",outcome="answer"} 1',
      'etcd_gateway_dns_queries_total{type="other",outcome="other"} 1',
    ]);
    assert.match(text, 'etcd_gateway_reloads_total{verdict="applied"} 1');
    assert.match(text, 'etcd_gateway_dial_duration_seconds_count{gateway="main"} 1');
  }));

test('shows what the pools hold at each look, the same at each', () =>
  withMetrics(async (metrics) => {
    await metrics.render();
    const text = await metrics.render();
    assert.equal(series(text, 'sessions'), [
      'etcd_gateway_sessions_active{gateway="main",endpoint="10.0.0.1:2379"} 3',
      'etcd_gateway_sessions_opened_total{gateway="main",endpoint="10.0.0.1:2379"} 10',
      'etcd_gateway_sessions_closed_total{gateway="main",endpoint="10.0.0.1:2379",reason="done"} 7',
    ]);
    assert.match(text, 'state{gateway="main",endpoint="10.0.0.1:2379",state="healthy"} 1');
    assert.match(text, 'direction="received"} 4096');
    assert.match(text, 'etcd_gateway_endpoints{gateway="main",source="configured"} 1');
    assert.match(text, 'etcd_gateway_build_info{version="1.2.3",node="v20.20.0"} 1');
  }));

test('removes the series of an endpoint and of a gateway that have left', () =>
  withMetrics(async (metrics, backend) => {
    for (const event of events) metrics.observe(event);
    metrics.dialed('main', Float64Array.of(1.5));
    await metrics.render();
    backend.views = [gatewayView('other', [upstreamView('10.0.0.9:2379')])];
    const text = await metrics.render();
    assert.not.match(text, '10.0.0.1:2379');
    assert.not.match(series(text, 'dial').join(), 'main');
    assert.match(text, 'endpoint="10.0.0.9:2379"');
  }));

test('tells the age and the failure of each discovery', () =>
  withMetrics(async (metrics, backend) => {
    const now = Date.now();
    const source = { gateway: 'main', kind: 'srv', subject: 'example.com', endpoints: 3 } as const;
    const times = { answeredAtMs: now - 1_000, nextAtMs: now + 30_000 };
    backend.statuses = [{ ...source, ...times, error: 'no server answered' }];
    const text = await metrics.render();
    assert.match(text, 'etcd_gateway_source_up{gateway="main",source="srv"} 0');
    assert.match(text, 'etcd_gateway_endpoints{gateway="main",source="srv"} 3');
    const left = /source_ttl_left_seconds{gateway="main",source="srv"} (.*)/.exec(text)?.[1];
    assert.ok(Number(left) > 25 && Number(left) <= 30);
  }));

test('escapes hostile names', () =>
  withMetrics(async (metrics, backend) => {
    backend.views = [gatewayView('a"b\\c\nd', [upstreamView('10.0.0.1:2379')])];
    assert.match(await metrics.render(), 'gateway="a\\"b\\\\c\\nd"');
  }));

needs(test, 'promtool')('is what promtool calls clean', () =>
  withMetrics(async (metrics, backend) => {
    for (const event of events) metrics.observe(event);
    metrics.dialed('main', Float64Array.of(1.5));
    backend.statuses = [failing];
    const input = await metrics.render();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
    assert.is(`${stdout.toString()}${stderr.toString()}`, '');
    assert.is(status, 0);
  }),
);

const metricNames = (text: string): Set<string> =>
  new Set([...text.matchAll(/\betcd_gateway_\w+/g)].map(([name]) => name));

for (const file of ['config/prometheus/alerts.yml', 'config/grafana/dashboard.json']) {
  test(`has every metric that ${file} asks for`, () =>
    withMetrics(async (metrics, backend) => {
      for (const event of events) metrics.observe(event);
      metrics.dialed('main', Float64Array.of(1.5));
      backend.statuses = [failing];
      const there = metricNames(await metrics.render());
      const wanted = [...metricNames(await readFile(file, 'utf8'))];
      assert.ok(wanted.length > 5);
      assert.equal(
        wanted.filter((name) => !there.has(name)),
        [],
      );
    }));
}

needs(test, 'promtool')('has alerts that fire when they should', () => {
  const folder = 'config/prometheus';
  const check = spawnSync('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: folder });
  assert.is(check.status, 0, `${check.stdout.toString()}${check.stderr.toString()}`);
});

test.run();
