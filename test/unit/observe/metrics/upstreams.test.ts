import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { GatewayView, UpstreamCounters } from '../../../../src/model/views.js';
import { renderUpstreams } from '../../../../src/observe/metrics/upstreams.js';
import { gatewayView, upstreamView } from '../../../support/admin-backend.js';

const test = suite('metrics of upstreams');

function counters(sessionsOpened: number): UpstreamCounters {
  const others = { bytesSent: 0, bytesReceived: 0, dialFailures: 0, ejections: 0 };
  return { sessionsOpened, sessionsClosed: { 'drain-timeout': sessionsOpened }, ...others };
}

async function samples(view: GatewayView): Promise<readonly string[]> {
  const text = await renderUpstreams([view]);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const at = 'gateway="main",endpoint="a:1"';

test('writes a series for each address of a name', async () => {
  const one = upstreamView('a:1', { address: '10.0.0.1', sessions: 1, counters: counters(1) });
  const other = upstreamView('a:1', { address: '::1', sessions: 4, counters: counters(5) });
  const lines = await samples(gatewayView('main', [one, other, upstreamView('b:1')]));

  const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  assert.is(new Set(series).size, series.length);
  assert.ok(lines.includes(`etcd_gateway_upstream_state{${at},address="::1",state="healthy"} 1`));
  assert.ok(lines.includes(`etcd_gateway_sessions_active{${at},address="10.0.0.1"} 1`));
  assert.ok(lines.includes(`etcd_gateway_sessions_opened_total{${at},address="::1"} 5`));
  assert.ok(series.includes('etcd_gateway_sessions_active{gateway="main",endpoint="b:1"}'));
});

test('writes no series of an endpoint that is gone', async () => {
  assert.equal(await samples(gatewayView('main', [])), []);
});

test.run();
