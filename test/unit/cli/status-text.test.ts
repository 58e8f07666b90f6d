import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatBytes, formatSpan, formatStatus } from '../../../src/cli/status-text.js';
import type { GatewayView } from '../../../src/model/views.js';
import { buildState } from '../../../src/observe/admin/state.js';
import { about, gatewayView, PlainBackend, upstreamView } from '../../support/admin-backend.js';
import { desiredGateway, desiredState, endpointsAt, settingsWith } from '../../support/desired.js';

const test = suite('text of status');

const plainPaint = (_colour: string, text: string): string => text;

test('writes sizes with three digits', () => {
  const sizes = [0, 999, 1000, 1024, 10_240, 1_048_576, 3 * 2 ** 40];
  assert.equal(sizes.map(formatBytes), [
    ...['0B', '999B', '0.98K', '1.00K', '10.0K', '1.00M', '3.00T'],
  ]);
});

test('writes spans with their two largest units', () => {
  const spans = [0, 59_999, 60_000, 3_661_000, 90_000_000];
  assert.equal(spans.map(formatSpan), ['0s', '59s', '1m0s', '1h1m', '1d1h']);
});

test('tells of discoveries and of a refused file', () => {
  const backend = new PlainBackend();
  const source = { gateway: 'main', kind: 'srv', subject: 'example.com', endpoints: 3 } as const;
  const times = { answeredAtMs: 4_000, nextAtMs: undefined };
  backend.statuses = [{ ...source, ...times, error: 'no server answered' }];
  const problem = { line: 3, column: 5, path: 'dns.timeout', what: 'no unit', hint: 'write 2s' };
  const file = '/etc/gateway.yaml';
  backend.read = { kind: 'invalid', file, hash: 'b', problems: [problem], text: '' };
  const text = formatStatus(buildState(backend, about, 9_000), 80, plainPaint);
  assert.match(text, '\n  from srv example.com: 3 endpoints, answered 5s ago\n');
  assert.match(text, '\n  ! no server answered\n');
  assert.match(text, '\n  /etc/gateway.yaml:3:5: dns.timeout: no unit (write 2s)\n');
});

test('says of a gateway that nobody has told of an endpoint that it has none yet', () => {
  const backend = new PlainBackend();
  backend.views = [gatewayView('main', [])];
  const source = { gateway: 'main', kind: 'srv', subject: 'example.com', endpoints: 1 } as const;
  backend.statuses = [{ ...source, answeredAtMs: 4_000, nextAtMs: undefined, error: undefined }];
  const text = formatStatus(buildState(backend, about, 9_000), 80, plainPaint);
  assert.match(text, '\n  no endpoint yet\n');
  assert.match(text, ': 1 endpoint, answered');
});

test('shows the addresses of a name under it', () => {
  const backend = new PlainBackend();
  const at = (address: string) => upstreamView('etcd.test:2379', { address });
  backend.views = [
    gatewayView('main', [at('10.0.0.1'), at('10.0.0.2'), upstreamView('10.0.0.9:2379')]),
  ];
  const text = formatStatus(buildState(backend, about, 9_000), 80, plainPaint);
  const rows = ['etcd.test:2379', '  10.0.0.1 +healthy .*', '  10.0.0.2 +healthy .*'];
  assert.match(text, new RegExp(`\n  ${rows.join('\n  ')}\n  10.0.0.9:2379 +healthy`));
});

test('sums up what a long table says', () => {
  const upstreams = [
    upstreamView('10.0.0.1:2379'),
    upstreamView('10.0.0.2:2379', { suspected: true, reason: 'slow to connect' }),
    upstreamView('a.example:2379', { state: 'resolving', reason: 'its name is being looked up' }),
    upstreamView('unix:/run/etcd.sock', { addresses: [], sessions: 1 }),
    upstreamView('10.0.0.3:2379', { state: 'ejected', reason: 'unhealthy', sessions: 0 }),
  ];
  const text = statusOf({ ...gatewayView('main', upstreams), dialing: 2 });
  assert.match(
    text,
    '\n  2 healthy, 1 suspected, 1 resolving, 1 ejected, 10 sessions, 2 clients wait\n',
  );
  assert.match(text, '\n      slow to connect\n');
  assert.match(text, '\n  a.example:2379       resolving         3');
  assert.match(text, '\n      ejected 7s ago: unhealthy, its health checks bring it back\n');
});

test('shows the whole of a long name, for two may differ in their ends', () => {
  const name = `${'long-label.'.repeat(9)}example:2379`;
  const text = statusOf(gatewayView('main', [upstreamView(name)]));
  const [, , , first = '', second = '', figures = ''] = text.split('\n').slice(3);
  assert.is(first.trim() + second.trim(), name);
  assert.match(figures, /^ +healthy +3 /);
});

test('says how long one has been draining', () => {
  const reason = 'no longer an endpoint';
  const text = statusOf(
    gatewayView('main', [upstreamView('10.0.0.1:2379', { state: 'draining', reason })]),
  );
  assert.match(text, '\n      draining for 7s: no longer an endpoint\n');
});

test('shows sessions beside their limits', () => {
  const backend = new PlainBackend();
  const at = (address: string) => upstreamView('etcd.test:2379', { address, sessions: 1 });
  const upstreams = [upstreamView('10.0.0.1:2379'), at('10.0.0.8'), at('10.0.0.9')];
  backend.views = [gatewayView('main', upstreams)];
  const endpoints = endpointsAt('10.0.0.1:2379', 'etcd.test:2379');
  backend.state = desiredState(
    desiredGateway({
      endpoints: endpoints.map((endpoint) => ({ ...endpoint, maxSessions: 5 })),
      settings: settingsWith({ maxSessions: 100 }),
    }),
  );
  const state = buildState(backend, about, 9_000);
  const text = formatStatus(state, 80, plainPaint);
  assert.match(text, '\n  3 healthy, 5/100 sessions\n');
  assert.match(text, /\n {2}10\.0\.0\.1:2379 +healthy +3\/5 /);
  assert.match(text, /\n {2}etcd\.test:2379, 2\/5 sessions\n {4}10\.0\.0\.8 +healthy +1 /);
  assert.is(state.gateways[0]?.maxSessions, 100);
});

test('a watch shows rates, and unhealthy endpoints first', () => {
  const backend = new PlainBackend();
  const counters = upstreamView('').counters;
  const look = (bytes: number, nowMs: number) => {
    const more = {
      ...counters,
      sessionsOpened: counters.sessionsOpened + bytes / 1024,
      bytesSent: counters.bytesSent + bytes,
    };
    backend.views = [
      gatewayView('main', [
        upstreamView('10.0.0.1:2379', { counters: more }),
        upstreamView('10.0.0.2:2379', { state: 'draining', reason: 'x' }),
        upstreamView('10.0.0.3:2379', { state: 'ejected', reason: 'x' }),
      ]),
    ];
    return buildState(backend, about, nowMs);
  };
  const first = look(0, 9_000);
  const second = look(4096, 11_000);
  const begun = formatStatus(first, 80, plainPaint, { before: undefined });
  assert.match(begun, /STATE +SESSIONS +NEW\/S +SENT\/S +RECV\/S\n/);
  assert.match(begun, /\n {2}10\.0\.0\.1:2379 +healthy +3 +- +- +-\n/);
  const text = formatStatus(second, 80, plainPaint, { before: first });
  assert.match(
    text,
    /\.3:2379 +ejected[^]*\.2:2379 +draining[^]*\.1:2379 +healthy +3 +2\.0 +2\.00K +0B\n/,
  );
});

function statusOf(gateway: GatewayView): string {
  const backend = new PlainBackend();
  backend.views = [gateway];
  return formatStatus(buildState(backend, about, 9_000), 80, plainPaint);
}

test('keeps within its columns whatever names and reasons are', () => {
  const words = fc.string({ maxLength: 300, unit: 'grapheme' });
  fc.assert(
    fc.property(words, words, fc.integer({ min: 80, max: 200 }), (name, reason, columns) => {
      const backend = new PlainBackend();
      const upstream = upstreamView(name, { state: 'ejected', reason });
      backend.views = [gatewayView(name, [upstream])];
      backend.ready = { ready: false, reasons: [reason] };
      const lines = formatStatus(buildState(backend, about, 9_000), columns, plainPaint);
      return lines.split('\n').every((line) => line.length <= columns);
    }),
  );
});

test.run();
