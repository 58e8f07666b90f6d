import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { PoolBench } from '../../support/pool-bench.js';

const test = suite('slow start');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';

/** `a` has just come back and starts slowly. */
function returned(slowStartMs: number, balancer: 'round-robin' | 'least-sessions'): PoolBench {
  const bench = new PoolBench();
  bench.apply([a, b], { slowStartMs, balancer });
  bench.refuse(a);
  bench.pool.connected(bench.upstream(a));
  return bench;
}

/** Its part of many picks, of an even share. */
function share(bench: PoolBench): number {
  const picks = bench.picks(4_000);
  const own = picks.filter((key) => key === a).length;
  return own / (picks.length - own);
}

test('raises the share of a returned upstream linearly to all of it', async () => {
  const bench = returned(10_000, 'round-robin');
  const shares: number[] = [];
  for (let second = 0; second <= 10; second += 1) {
    shares.push(share(bench));
    await bench.clock.run(1_000);
  }
  shares.forEach((got, second) => {
    const wanted = Math.max(0.05, second / 10);
    assert.ok(Math.abs(got - wanted) < 0.03, `${got} after ${second} s`);
  });
  bench.pool.destroy();
});

test('counts for least-sessions, too: an empty upstream is not filled at one blow', async () => {
  const bench = returned(10_000, 'least-sessions');
  for (let n = 0; n < 50; n += 1) bench.open(bench.upstream(b));
  await bench.clock.run(2_000);
  for (let n = 0; n < 50; n += 1) {
    const upstream = bench.pool.picker.pick();
    if (upstream) bench.open(upstream);
  }
  const { size } = bench.upstream(a).sessions;
  assert.ok(size > 12 && size < 20, `a fifth of the other's weight, and ${size} sessions`);
  bench.pool.destroy();
});

test('of 0 gives all at once, and new endpoints do not start slowly', () => {
  assert.is(share(returned(0, 'round-robin')), 1);
  const bench = new PoolBench();
  bench.apply([b], { slowStartMs: 10_000 });
  bench.apply([a, b], { slowStartMs: 10_000 });
  assert.is(share(bench), 1);
});

test('starts anew with each return', async () => {
  const bench = returned(10_000, 'round-robin');
  await bench.clock.run(9_000);
  bench.refuse(a);
  bench.pool.connected(bench.upstream(a));
  assert.ok(share(bench) < 0.1);
  bench.pool.destroy();
});

test.run();
