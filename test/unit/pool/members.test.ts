import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Upstream } from '../../../src/pool/upstream.js';
import { defaultSettings, endpointAt, endpointsAt, settingsWith } from '../../support/desired.js';
import { PoolBench } from '../../support/pool-bench.js';

const test = suite('members');

const a = '10.0.0.1:2379';
const checks = { ...defaultSettings.healthCheck, type: 'tcp', intervalMs: 1_000 } as const;

/** So many host names that their upstreams take several portions. */
function names(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}.test:2379`);
}

function kinds(upstreams: readonly Upstream[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of upstreams) counts[state.kind] = (counts[state.kind] ?? 0) + 1;
  return counts;
}

test('change all at once, and what has left is disposed of bit by bit', async () => {
  const bench = new PoolBench();
  bench.apply(names(2_000, 'old'));
  await bench.clock.run(100);
  const old = bench.pool.upstreams();
  const session = bench.open(bench.upstream('old1999.test:2379'));
  assert.is(bench.apply(names(2_000, 'new')), 1);
  assert.equal(kinds(bench.pool.upstreams().slice(0, 2_000)), { healthy: 2_000 });
  const { draining = 0, closed = 0, ...others } = kinds(old);
  assert.equal(others, {}, 'one of those taken out could still get sessions');
  assert.ok(draining > 1_500, `${closed} closed in the turn of the change`);
  assert.ok(bench.hosts.followed < 2_500, `${bench.hosts.followed} names followed in that turn`);
  await bench.clock.run(100);
  assert.equal(kinds(old), { closed: 1_999, draining: 1 });
  assert.is(bench.hosts.followed, 2_001);
  session.close('done');
  assert.is(bench.hosts.followed, 2_000);
  bench.pool.destroy();
});

test('whose names nobody follows yet have no address, and get the known one with their portion', async () => {
  const bench = new PoolBench();
  bench.apply([a]);
  const all = names(2_000, 'infra');
  for (const name of all) bench.hosts.resolve(name.replace(/:.*/, ''), ['10.0.0.9']);
  bench.apply(all);
  const last = bench.upstream('infra1999.test:2379');
  assert.ok(last.isResolving && !last.hasAddress);
  let told = 0;
  last.whenResolved(() => (told += 1));
  assert.is(bench.pool.picker.preferred().length, 250, 'those of the first portion serve at once');
  await bench.clock.run(100);
  assert.is(told, 1);
  assert.is(last.state.kind, 'closed', 'what had no address is not needed any more');
  assert.is(bench.state('infra1999.test:2379 (10.0.0.9)'), 'healthy');
  assert.is(bench.pool.picker.preferred().length, 2_000);
  bench.pool.destroy();
});

test('that are prepared and dropped leave nothing behind', () => {
  const bench = new PoolBench({ healthCheck: checks });
  bench.apply([a, 'infra0.test:2379'], { healthCheck: checks });
  const before = { upstreams: bench.pool.upstreams(), timers: bench.clock.delaysMs.length };
  bench.pool.prepare(endpointsAt(...names(600, 'new'), endpointAt(a, { weight: 9 })));
  assert.equal(
    bench.pool.upstreams().map(({ key }) => key),
    before.upstreams.map(({ key }) => key),
  );
  assert.is(bench.upstream(a).endpoint.weight, 1);
  assert.is(bench.hosts.followed, 1);
  assert.is(bench.clock.delaysMs.length, before.timers);
  assert.equal(bench.events, []);
  bench.pool.destroy();
});

test('go by what has become of an upstream while their change was prepared', async () => {
  const bench = new PoolBench();
  bench.apply([a, 'infra0.test:2379']);
  const change = bench.pool.prepare(endpointsAt(...names(600, 'new'), a));
  bench.refuse(a);
  bench.refuse('infra0.test:2379');
  bench.pool.commit(change, settingsWith());
  assert.is(bench.state(a), 'ejected');
  await bench.clock.run(1_000);
  assert.is(bench.pool.upstreams().length, 601);
  assert.equal([...new Set(bench.retried.map(({ key }) => key))], [a]);
  bench.pool.destroy();
});

test('that come back before they are disposed of are those from before, and checked', async () => {
  const bench = new PoolBench({ healthCheck: checks });
  const change = { healthCheck: checks };
  const all = Array.from({ length: 1_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}:2379`);
  bench.apply(all, change);
  await bench.clock.run(1_000);
  const last = bench.upstream(all[999] ?? '');
  bench.apply([a], change);
  bench.apply(all, change);
  await bench.clock.run(100);
  assert.is(last.state.kind, 'healthy');
  assert.is(bench.pool.upstreams().length, 1_000);
  const before = bench.happened('health-checked');
  bench.healthy.set('10.1.3.231', false);
  await bench.clock.run(2_500);
  assert.ok(bench.happened('health-checked') - before > 1_900, 'some are checked no more');
  assert.is(bench.state(all[999] ?? ''), 'ejected');
  bench.pool.destroy();
});

test('are all checked once checks are turned on', async () => {
  const bench = new PoolBench();
  const all = Array.from({ length: 600 }, (_, n) => `10.1.${n >> 8}.${n & 255}:2379`);
  bench.apply(all);
  bench.apply(all, { healthCheck: checks });
  await bench.clock.run(1_500);
  const checked = bench.events.flatMap((event) =>
    event.type === 'health-checked' ? [event.endpoint] : [],
  );
  assert.is(new Set(checked).size, 600);
  bench.pool.destroy();
});

test('that drain end their sessions by the drain-timeout of now', async () => {
  const bench = new PoolBench();
  bench.apply([a, 'infra0.test:2379']);
  const session = bench.open(bench.upstream(a));
  bench.apply(['infra0.test:2379']);
  await bench.clock.run(5_000);
  assert.is(session.end, undefined);
  bench.apply(['infra0.test:2379'], { drainTimeoutMs: 6_000 });
  await bench.clock.run(900);
  assert.is(session.end, undefined);
  await bench.clock.run(3_000);
  assert.is(session.end, 'drain-timeout');
  bench.pool.destroy();
});

test.run();
