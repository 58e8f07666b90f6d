import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { overloaded, Rebalancer, type Load } from '../../../src/pool/rebalance.js';
import { defaultSettings, endpointAt } from '../../support/desired.js';
import { PoolBench, type TestSession } from '../../support/pool-bench.js';
import { SteppingClock } from '../../support/stepping-clock.js';

const test = suite('rebalance');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';
const c = '10.0.0.3:2379';

function loads(...sessions: readonly number[]): Load[] {
  return sessions.map((count) => ({ sessions: count, weight: 1 }));
}

const cases: readonly (readonly [string, readonly Load[], readonly number[]])[] = [
  ['nobody', [], []],
  ['no sessions', loads(0, 0, 0), []],
  ['even ones', loads(20, 20, 20), []],
  ['within the tolerance', loads(24, 18, 18), []],
  ['one beyond the tolerance', loads(25, 18, 17), [0]],
  ['two beyond it, the fuller first', loads(28, 32, 0), [1, 0]],
  ['a single upstream', loads(60), []],
  ['one session among three', loads(1, 0, 0), []],
  ['two sessions at one of two', loads(2, 0), [0]],
  ['three sessions on two', loads(2, 1), []],
  ['shares by weight', [...loads(20), { sessions: 40, weight: 2 }], []],
  ['a light one with too many', [...loads(30), { sessions: 30, weight: 3 }], [0]],
  ['one of weight 0', [{ sessions: 5, weight: 0 }, ...loads(5)], [0]],
  ['all of weight 0', loads(9, 0).map((load) => ({ ...load, weight: 0 })), [0]],
];

for (const [what, given, wanted] of cases) {
  test(`of ${what} moves away from ${wanted.length === 0 ? 'none' : String(wanted)}`, () => {
    assert.equal(overloaded(given, 0.2), wanted);
  });
}

const settings = { toleranceRatio: 0.2, quietForMs: 1_000, maxPerSecond: 2 };

function rebalancing(...endpoints: Parameters<PoolBench['apply']>[0]): PoolBench {
  const bench = new PoolBench();
  bench.apply(endpoints, { rebalance: settings });
  return bench;
}

function openAt(bench: PoolBench, key: string, count: number): TestSession[] {
  return Array.from({ length: count }, () => bench.open(bench.upstream(key)));
}

function closed(sessions: readonly TestSession[]): number {
  return sessions.filter(({ end }) => end === 'rebalanced').length;
}

test('closes so many a second, until it is even', async () => {
  const bench = rebalancing(a, b);
  const sessions = openAt(bench, a, 10);
  await bench.clock.run(1_000);
  assert.is(closed(sessions), 1, 'quiet for a second only at the second step');
  await bench.clock.run(1_000);
  assert.is(closed(sessions), 3);
  await bench.clock.run(10_000);
  assert.is(bench.upstream(a).sessions.size, 1);
  bench.pool.destroy();
});

test('keeps its pace however often the members change', async () => {
  const bench = rebalancing(a, b);
  const sessions = openAt(bench, a, 10);
  for (let n = 0; n < 50; n += 1) {
    bench.apply(n % 2 === 0 ? [a, b, c] : [a, b], { rebalance: { ...settings } });
    await bench.clock.run(100);
  }
  assert.ok(closed(sessions) >= 5, `${closed(sessions)} closed in five seconds`);
  bench.pool.destroy();
});

const nobody = { preferred: () => [], weights: () => [] };

test('gateways that begin in one moment do not close in one moment', async () => {
  const firstMs = await Promise.all(
    [0, 0.25, 0.5, 0.75].map(async (chance) => {
      const clock = new SteppingClock();
      const rebalancer = new Rebalancer(() => nobody, { clock, random: () => chance });
      rebalancer.configure(settings);
      const [delayMs] = clock.delaysMs;
      await clock.run(delayMs ?? 0);
      assert.equal(clock.delaysMs, [500], 'from then on as often as the settings say');
      rebalancer.destroy();
      return delayMs;
    }),
  );
  assert.equal(firstMs, [500, 625, 750, 875]);
});

for (const balancer of ['round-robin', 'least-sessions', 'random-two'] as const) {
  test(`closes no more than it must where clients come back, with ${balancer}`, async () => {
    const bench = new PoolBench({ balancer });
    bench.apply([a, b], { balancer, rebalance: settings });
    bench.refuse(b);
    const all = openAt(bench, a, 20);
    bench.pool.connected(bench.upstream(b));
    for (let n = 0; n < 200; n += 1) {
      await bench.clock.run(500);
      const left = all.filter(({ end }) => end !== undefined).length;
      for (let open = all.length - left; open < 20; open += 1) {
        const upstream = bench.pool.pick();
        assert.ok(upstream);
        all.push(bench.open(upstream));
      }
    }
    const counts = [a, b].map((key) => bench.upstream(key).sessions.size);
    assert.ok(Math.max(...counts) <= 12, `${counts.join()} are uneven`);
    assert.ok(closed(all) <= 10, `${closed(all)} closed`);
    bench.pool.destroy();
  });
}

test('sends new clients to the emptiest while it is uneven, and by the balancer again after', async () => {
  const bench = rebalancing(a, b, c);
  for (const busy of [...openAt(bench, a, 8), ...openAt(bench, b, 8)]) busy.quietSinceMs = 1e9;
  await bench.clock.run(1_000);
  const picked = Array.from({ length: 8 }, () => {
    const upstream = bench.pool.pick();
    if (upstream) bench.open(upstream).quietSinceMs = 1e9;
    return upstream?.key;
  });
  assert.equal([...new Set(picked)], [c]);
  await bench.clock.run(1_000);
  const turns = Array.from({ length: 3 }, () => bench.pool.pick()?.key);
  assert.equal([...turns].sort(), [a, b, c]);
  bench.pool.destroy();
});

test('takes only quiet sessions, those quiet longest first', async () => {
  const bench = rebalancing(a, b);
  const sessions = openAt(bench, a, 6);
  sessions.forEach((session, n) => (session.quietSinceMs = 100_000 - n));
  await bench.clock.run(90_000);
  assert.is(closed(sessions), 0);
  await bench.clock.run(12_000);
  assert.is(sessions[5]?.end, 'rebalanced');
  bench.pool.destroy();
});

test('goes on with the next one where the fullest has no quiet session', async () => {
  const bench = rebalancing(a, b, c);
  for (const busy of openAt(bench, a, 20)) busy.quietSinceMs = 1e9;
  const quiet = openAt(bench, b, 18);
  await bench.clock.run(2_000);
  assert.ok(closed(quiet) > 0);
  bench.pool.destroy();
});

test('leaves alone what is ejected, drains, or has another priority', async () => {
  const bench = rebalancing(
    a,
    b,
    c,
    endpointAt('10.0.0.4:2379', { priority: 1 }),
    endpointAt('10.0.0.5:2379', { drain: true }),
  );
  bench.refuse(c);
  const others = [c, '10.0.0.4:2379', '10.0.0.5:2379'].flatMap((key) => openAt(bench, key, 9));
  const even = [...openAt(bench, a, 4), ...openAt(bench, b, 4)];
  await bench.clock.run(5_000);
  assert.is(closed([...others, ...even]), 0);
  bench.pool.destroy();
});

test('is off unless asked for, and can be turned on and off', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const sessions = openAt(bench, a, 9);
  await bench.clock.run(10_000);
  assert.is(closed(sessions), 0);
  bench.apply([a, b], { rebalance: settings });
  await bench.clock.run(1_000);
  assert.ok(closed(sessions) > 0);
  const before = closed(sessions);
  bench.apply([a, b], { ...defaultSettings });
  await bench.clock.run(10_000);
  assert.is(closed(sessions), before);
  bench.pool.destroy();
});

test.run();
