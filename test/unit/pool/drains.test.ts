import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { endpointAt } from '../../support/desired.js';
import { PoolBench, type TestSession } from '../../support/pool-bench.js';

const test = suite('drain-timeout');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';

/** `a` has left with so many sessions, the first one quiet for the shortest time. */
function removed(drainTimeoutMs: number, count: number): [PoolBench, TestSession[]] {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const upstream = bench.upstream(a);
  const sessions = Array.from({ length: count }, () => bench.open(upstream));
  sessions.forEach((session, n) => (session.quietSinceMs = -n));
  bench.apply([b], { drainTimeoutMs });
  return [bench, sessions];
}

function closed(sessions: readonly TestSession[]): number {
  return sessions.filter(({ end }) => end === 'drain-timeout').length;
}

test('of 0 lets sessions last as long as they like', async () => {
  const [bench, sessions] = removed(0, 3);
  await bench.clock.run(1e7);
  assert.is(closed(sessions), 0);
  bench.pool.destroy();
});

test('spreads the end of many sessions over two seconds, evenly', async () => {
  const [bench, sessions] = removed(1_000, 100);
  await bench.clock.run(1_000);
  const counts = [closed(sessions)];
  for (let step = 0; step < 20; step += 1) {
    await bench.clock.run(100);
    counts.push(closed(sessions));
  }
  assert.is(closed(sessions), 100);
  const steps = counts.slice(1).map((count, index) => count - (counts[index] ?? 0));
  assert.ok(Math.max(...steps) <= 6, `steps of ${String(steps)}`);
  bench.pool.destroy();
});

test('ends the sessions of thousands of upstreams with one each as evenly, the quietest first', async () => {
  const bench = new PoolBench();
  const leaving = Array.from({ length: 5_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}:2379`);
  bench.apply([b, ...leaving]);
  const upstreams = new Map(bench.pool.upstreams().map((upstream) => [upstream.key, upstream]));
  const sessions = leaving.map((key) => bench.open(upstreams.get(key) ?? bench.upstream(key)));
  sessions.forEach((session, n) => (session.quietSinceMs = -n));
  bench.apply([b], { drainTimeoutMs: 1_000 });
  await bench.clock.run(1_000);
  const counts = [closed(sessions)];
  for (let step = 0; step < 21; step += 1) {
    await bench.clock.run(100);
    counts.push(closed(sessions));
    if (step === 9) assert.ok(sessions.slice(0, 1_000).every(({ end }) => end === undefined));
  }
  assert.is(closed(sessions), 5_000);
  const steps = counts.slice(1).map((count, index) => count - (counts[index] ?? 0));
  assert.ok(Math.max(counts[0] ?? 0, ...steps) <= 270, `steps of ${String(steps)}`);
  bench.pool.destroy();
});

test('spares what is left when the pool ends, and leaves no timer', async () => {
  const [bench, sessions] = removed(1_000, 1);
  await bench.clock.run(1_000);
  bench.pool.destroy();
  assert.is(closed(sessions), 1);
  assert.is(bench.clock.delaysMs.length, 0);
});

test('takes those first that have been quiet longest', async () => {
  const [bench, sessions] = removed(1_000, 40);
  await bench.clock.run(1_300);
  const open = sessions.filter(({ end }) => end === undefined);
  assert.ok(open.length > 0 && open.length < 40);
  assert.equal(open, sessions.slice(0, open.length));
  bench.pool.destroy();
});

test('ends a single session at once when it is over', async () => {
  const [bench, sessions] = removed(1_000, 1);
  await bench.clock.run(999);
  assert.is(closed(sessions), 0);
  await bench.clock.run(1);
  assert.is(closed(sessions), 1);
  bench.pool.destroy();
});

test('that is set or shortened while it drains counts from the removal', async () => {
  const [bench, sessions] = removed(0, 1);
  await bench.clock.run(5_000);
  bench.apply([b], { drainTimeoutMs: 60_000 });
  await bench.clock.run(1_000);
  assert.is(closed(sessions), 0);
  bench.apply([b], { drainTimeoutMs: 7_000 });
  await bench.clock.run(999);
  assert.is(closed(sessions), 0);
  await bench.clock.run(1);
  assert.is(closed(sessions), 1);
  bench.pool.destroy();
});

test('that is over already when it is set ends sessions now', async () => {
  const [bench, sessions] = removed(0, 1);
  await bench.clock.run(5_000);
  bench.apply([b], { drainTimeoutMs: 1_000 });
  await bench.clock.run(0);
  assert.is(closed(sessions), 1);
  bench.pool.destroy();
});

test('that is taken back while sessions are being ended spares the rest', async () => {
  const [bench, sessions] = removed(1_000, 40);
  await bench.clock.run(1_500);
  const before = closed(sessions);
  assert.ok(before > 0 && before < 40);
  bench.apply([b]);
  await bench.clock.run(60_000);
  assert.is(closed(sessions), before);
  bench.pool.destroy();
});

test('is not put off by reloads that come all the time', async () => {
  const [bench, sessions] = removed(1_000, 40);
  for (let reload = 0; reload < 80; reload += 1) {
    await bench.clock.run(50);
    bench.apply([b], { drainTimeoutMs: 1_000 });
  }
  assert.is(closed(sessions), 40);
  bench.pool.destroy();
});

test('counts for an endpoint that is asked to drain, and is not renewed by its removal', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const session = bench.open(bench.upstream(a));
  bench.apply([endpointAt(a, { drain: true }), b], { drainTimeoutMs: 2_000 });
  await bench.clock.run(1_500);
  bench.apply([b], { drainTimeoutMs: 2_000 });
  await bench.clock.run(499);
  assert.is(session.end, undefined);
  await bench.clock.run(1);
  assert.is(session.end, 'drain-timeout');
  bench.pool.destroy();
});

test('leaves the sessions of an endpoint that came back meanwhile alone', async () => {
  const [bench, sessions] = removed(1_000, 2);
  bench.apply([a, b], { drainTimeoutMs: 1_000 });
  const anew = bench.open(bench.upstream(a));
  await bench.clock.run(60_000);
  assert.is(closed(sessions), 0);
  assert.is(anew.end, undefined);
  bench.pool.destroy();
});

/** The counts that the log is told. */
function told({ events }: PoolBench): readonly unknown[] {
  const message = 'sessions of a draining endpoint were closed';
  return events.flatMap((event) =>
    event.type === 'notice' && event.message === message ? [event.fields] : [],
  );
}

test('says once how many sessions it has closed', async () => {
  const [bench, sessions] = removed(1_000, 40);
  sessions[0]?.close('done');
  await bench.clock.run(2_500);
  assert.equal(told(bench), []);
  await bench.clock.run(10_000);
  assert.equal(told(bench), [{ gateway: 'main', endpoint: a, sessions: 39 }]);
  bench.pool.destroy();
  assert.is(told(bench).length, 1);
});

test('says so of an endpoint that stays and is asked to drain, each time', async () => {
  const bench = new PoolBench();
  const drain = (on: boolean) =>
    bench.apply([endpointAt(a, { drain: on }), b], { drainTimeoutMs: 1_000 });
  for (const sessions of [2, 3]) {
    drain(false);
    for (let n = 0; n < sessions; n += 1) bench.open(bench.upstream(a));
    drain(true);
    await bench.clock.run(10_000);
    assert.equal(told(bench).at(-1), { gateway: 'main', endpoint: a, sessions });
  }
  assert.is(told(bench).length, 2);
  bench.pool.destroy();
});

test('says how many it was when the rest is spared, and nothing where it closed none', async () => {
  const [bench, sessions] = removed(1_000, 40);
  await bench.clock.run(1_500);
  bench.apply([b]);
  assert.equal(told(bench), [{ gateway: 'main', endpoint: a, sessions: closed(sessions) }]);
  const [quiet, over] = removed(1_000, 2);
  for (const session of over) session.close('done');
  await quiet.clock.run(10_000);
  assert.equal(told(quiet), []);
  for (const { pool } of [bench, quiet]) pool.destroy();
});

test.run();
