import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Balancer } from '../../../src/model/config.js';
import type { Endpoint } from '../../../src/model/endpoint.js';
import { defaultSettings, endpointAt } from '../../support/desired.js';
import { PoolBench } from '../../support/pool-bench.js';

const test = suite('addresses of a name');

const name = 'etcd.test:2379';
const other = '10.9.0.1:2379';

/** Where `name` is dialed. */
function at(last: number): string {
  return `${name} (10.0.0.${last})`;
}

function hosts(...last: number[]): string[] {
  return last.map((each) => `10.0.0.${each}`);
}

/** How often each is picked in so many turns. */
function shares(bench: PoolBench, turns: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of bench.picks(turns)) if (key) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function named(count: number, changes: Partial<Endpoint> = {}, ...others: Endpoint[]): PoolBench {
  const bench = new PoolBench();
  bench.hosts.resolve('etcd.test', hosts(...Array.from({ length: count }, (_, n) => n + 1)));
  bench.apply([endpointAt(name, changes), ...others]);
  return bench;
}

test('are an upstream each, shown under the name, and share its weight', () => {
  const bench = named(3, { weight: 10 });
  const views = bench.pool.upstreams().map((one) => one.view());
  assert.equal(
    views.map(({ endpoint, address, addresses, state }) => [endpoint, address, addresses, state]),
    hosts(1, 2, 3).map((host) => [name, host, [host], 'healthy']),
  );
  assert.is(Math.round(views.reduce((sum, { weight }) => sum + weight, 0) * 1e6), 10e6);
  bench.pool.destroy();
});

const fair: readonly (readonly [string, number, number, number])[] = [
  ['the default weights', 1, 1, 3],
  ['weights that do not divide', 10, 10, 7],
  ['a weight that is less than the addresses are many', 1, 2, 5],
  ['weights of 0, as SRV records have', 0, 0, 3],
];
for (const [what, weight, weightOfOther, count] of fair) {
  test(`have what one address would have, with ${what}`, () => {
    const bench = named(count, { weight }, endpointAt(other, { weight: weightOfOther }));
    const rounds = 100 * count * (weight + weightOfOther || 2);
    const counts = shares(bench, rounds);
    const wanted = weight + weightOfOther === 0 ? 1 / 2 : weight / (weight + weightOfOther);
    const { [other]: ofOther = 0, ...ofName } = counts;
    assert.is(Math.round((1 - ofOther / rounds) * 1000), Math.round(wanted * 1000));
    const each = Object.values(ofName);
    assert.is(each.length, count);
    assert.ok(Math.max(...each) - Math.min(...each) <= 1, JSON.stringify(ofName));
    bench.pool.destroy();
  });
}

test('stay what they are where a final dot comes or goes, and are looked up as that says', async () => {
  const bench = named(2);
  const session = bench.open(bench.upstream(at(1)));
  bench.apply([endpointAt('etcd.test.:2379')]);
  await bench.clock.run(10);
  assert.equal([bench.hosts.followed, bench.upstream(at(1)).sessions.size], [1, 1]);
  bench.hosts.resolve('etcd.test', hosts(9));
  assert.equal(
    bench.pool
      .upstreams()
      .map((one) => one.view())
      .map(({ address }) => address),
    hosts(1, 2),
  );
  bench.hosts.resolve('etcd.test.', hosts(1, 3));
  assert.equal(
    bench.pool
      .upstreams()
      .map((one) => one.view())
      .map(({ address, state }) => `${address} ${state}`),
    ['10.0.0.1 healthy', '10.0.0.3 healthy'],
  );
  session.close('done');
  bench.pool.destroy();
});

test('fail, wait and return each for itself', async () => {
  const bench = named(3);
  bench.refuse(at(2));
  assert.equal(
    [1, 2, 3].map((last) => bench.state(at(last))),
    ['healthy', 'ejected', 'healthy'],
  );
  assert.equal(Object.keys(shares(bench, 6)).sort(), [at(1), at(3)]);
  const told = bench.events.find(({ type }) => type === 'upstream-ejected');
  assert.ok(told?.type === 'upstream-ejected');
  assert.equal([told.endpoint, told.address], [name, '10.0.0.2']);
  bench.works.set(at(2), { ok: true, reason: '' });
  await bench.clock.run(100);
  assert.is(bench.state(at(2)), 'healthy');
  assert.equal(bench.retried, [{ key: at(2), cause: 'dial', atMs: 100 }]);
  bench.pool.destroy();
});

test('are checked each for itself', async () => {
  const checks = { ...defaultSettings.healthCheck, type: 'tcp', intervalMs: 1_000 } as const;
  const bench = new PoolBench({ healthCheck: checks });
  bench.hosts.resolve('etcd.test', hosts(1, 2, 3));
  bench.apply([name], { healthCheck: checks });
  await bench.clock.run(2_000);
  const checked = bench.events.flatMap((event) =>
    event.type === 'health-checked' ? [event.address] : [],
  );
  assert.equal([...new Set(checked)].sort(), hosts(1, 2, 3));
  bench.pool.destroy();
});

test('that go drain and keep their sessions, and those that come join', async () => {
  const bench = named(2);
  const session = bench.open(bench.upstream(at(1)));
  bench.hosts.resolve('etcd.test', hosts(2, 3));
  assert.equal(Object.keys(shares(bench, 4)).sort(), [at(2), at(3)]);
  const leaving = bench.upstream(at(1));
  assert.is(leaving.view().reason, 'its name has other addresses now');
  await bench.clock.run(60_000);
  assert.is(session.end, undefined);
  session.close('done');
  assert.is(leaving.state.kind, 'closed');
  assert.equal(
    bench.pool.upstreams().map(({ key }) => key),
    [at(2), at(3)],
  );
  bench.pool.destroy();
});

test('that come back while they drain are those from before', () => {
  const bench = named(2);
  const first = bench.upstream(at(1));
  bench.open(first);
  bench.refuse(at(1));
  bench.hosts.resolve('etcd.test', hosts(2));
  assert.is(first.state.kind, 'draining');
  bench.hosts.resolve('etcd.test', hosts(1, 2));
  assert.is(bench.upstream(at(1)), first);
  assert.is(first.state.kind, 'ejected');
  assert.is(first.sessions.size, 1);
  bench.pool.destroy();
});

test('stay when an answer is empty', () => {
  const bench = named(2);
  bench.hosts.resolve('etcd.test', []);
  assert.equal(Object.keys(shares(bench, 4)), [at(1), at(2)]);
  bench.pool.destroy();
});

test('drain with their endpoint, and are back with it', () => {
  const bench = named(2);
  const before = bench.pool.upstreams();
  for (const upstream of before) bench.open(upstream);
  assert.is(bench.apply([other]), 2);
  bench.hosts.resolve('etcd.test', hosts(1, 2, 3));
  assert.equal(Object.keys(shares(bench, 4)), [other]);
  bench.apply([endpointAt(name, { drain: true }), other]);
  assert.is(bench.pool.upstreams().length, 4);
  assert.equal(Object.keys(shares(bench, 4)), [other]);
  bench.apply([name]);
  assert.equal(Object.keys(shares(bench, 6)).sort(), [at(1), at(2), at(3)]);
  assert.equal(bench.pool.upstreams().slice(0, 2), before);
  bench.pool.destroy();
});

for (const balancer of ['round-robin', 'least-sessions', 'random-two'] as Balancer[]) {
  test(`have the endpoint's max-sessions together, with ${balancer}`, () => {
    const bench = new PoolBench({ balancer });
    bench.hosts.resolve('etcd.test', hosts(1, 2, 3));
    bench.apply([endpointAt(name, { maxSessions: 4 })], { balancer });
    const sessions = Array.from({ length: 4 }, () => {
      const upstream = bench.pool.picker.pick();
      assert.ok(upstream);
      return bench.open(upstream);
    });
    assert.is(bench.pool.picker.pick(), undefined);
    sessions[0]?.close('done');
    assert.ok(bench.pool.picker.pick());
    bench.pool.destroy();
  });
}

test('are one row without an address until the name resolves', async () => {
  const bench = new PoolBench();
  bench.apply([name]);
  const [row, ...more] = bench.pool.upstreams().map((one) => one.view());
  assert.equal(more, []);
  assert.equal([row?.endpoint, row?.addresses], [name, []]);
  assert.is(row?.address, undefined);
  bench.hosts.resolve('etcd.test', hosts(1, 2));
  await bench.clock.run(100);
  assert.equal(
    bench.pool
      .upstreams()
      .map((one) => one.view())
      .map(({ address }) => address),
    hosts(1, 2),
  );
  bench.pool.destroy();
});

test.run();
