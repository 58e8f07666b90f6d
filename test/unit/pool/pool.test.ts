import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatEndpoints } from '../../../src/model/endpoint.js';
import { defaultSettings, endpointAt, endpointsAt, settingsWith } from '../../support/desired.js';
import { PoolBench } from '../../support/pool-bench.js';
import { settle } from '../../support/stepping-clock.js';

const test = suite('pool');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';
const c = '10.0.0.3:2379';

test('takes a refused upstream out at once, and says so once', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.refuse(a);
  bench.refuse(a, 'refused again');
  assert.equal(bench.picks(2), [b, b]);
  assert.is(bench.happened('upstream-ejected'), 1);
  assert.is(bench.upstream(a).counters.ejections, 1);
  assert.is(bench.upstream(a).lastError?.message, 'refused again');
  bench.pool.destroy();
});

test('tries it again after 100 ms, and doubles the wait up to retry-delay', async () => {
  const bench = new PoolBench({ retryDelayMs: 1_000 });
  bench.apply([a, b], { retryDelayMs: 1_000 });
  bench.refuse(a);
  await bench.clock.run(4_000);
  assert.equal(
    bench.retried.map(({ atMs }) => atMs),
    [100, 300, 700, 1_500, 2_500, 3_500],
  );
  assert.is(bench.upstream(a).view().retryAtMs, 4_500);
  bench.pool.destroy();
});

test('spreads its tries by up to a half', async () => {
  const bench = new PoolBench();
  bench.random = 0.999;
  bench.apply([a]);
  bench.refuse(a);
  await bench.clock.run(100);
  const [first] = bench.retried;
  assert.ok(first && first.atMs > 50 && first.atMs < 51);
  bench.pool.destroy();
});

test('puts it back with the try that works, and no more tries follow', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.refuse(a);
  await bench.clock.run(150);
  bench.works.set(a, { ok: true, reason: '' });
  await bench.clock.run(60_000);
  assert.is(bench.state(a), 'healthy');
  assert.is(bench.retried.length, 2);
  assert.is(bench.happened('upstream-returned'), 1);
  assert.equal(bench.picks(4).sort(), [a, a, b, b]);
  bench.pool.destroy();
});

test('lets one that fails right after its return wait longer', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.works.set(a, { ok: true, reason: '' });
  const waits: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    bench.refuse(a);
    waits.push((bench.upstream(a).view().retryAtMs ?? 0) - bench.clock.nowMs());
    await bench.clock.run(2_000);
  }
  assert.equal(waits, [100, 200, 400, 800]);
  await bench.clock.run(10_000);
  bench.refuse(a);
  assert.is(bench.upstream(a).history.lastWaitMs, 100);
  bench.pool.destroy();
});

test('goes by the reason of the latest try', async () => {
  const bench = new PoolBench();
  bench.apply([a]);
  bench.refuse(a);
  bench.works.set(a, { ok: false, reason: 'no route to the host' });
  await bench.clock.run(150);
  assert.is(bench.upstream(a).view().reason, 'no route to the host');
  bench.pool.destroy();
});

test('counts a shorter retry-delay from now for those that wait already', async () => {
  const bench = new PoolBench();
  bench.apply([a]);
  bench.refuse(a);
  await bench.clock.run(30_000);
  const before = bench.retried.length;
  bench.apply([a], { retryDelayMs: 500 });
  await bench.clock.run(600);
  assert.is(bench.retried.length, before + 1);
  await bench.clock.run(1_000);
  assert.is(bench.retried.length, before + 3);
  bench.pool.destroy();
});

test('returns one that did not connect by a connection, and one that hung by an answer', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.pool.eject(bench.upstream(a), { cause: 'dial', reason: 'refused' });
  bench.pool.eject(bench.upstream(b), { cause: 'hang', reason: 'silent' });
  for (const key of [a, b]) bench.pool.connected(bench.upstream(key));
  assert.equal([bench.state(a), bench.state(b)], ['healthy', 'ejected']);
  bench.pool.answered(bench.upstream(b));
  assert.is(bench.state(b), 'healthy');
  bench.pool.destroy();
});

test('tells the retry what took the upstream out', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.pool.eject(bench.upstream(a), { cause: 'hang', reason: 'silent' });
  bench.pool.eject(bench.upstream(b), { cause: 'loop', reason: 'itself' });
  await bench.clock.run(100);
  assert.equal(bench.retried.map(({ cause }) => cause).sort(), ['hang', 'loop']);
  bench.pool.destroy();
});

test('keeps health, backoff, counters and sessions of those that stay', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.refuse(a);
  const upstream = bench.upstream(a);
  bench.open(bench.upstream(b));
  bench.apply([c, endpointAt(a, { weight: 9 }), b]);
  assert.is(bench.upstream(a), upstream);
  assert.is(bench.state(a), 'ejected');
  assert.is(upstream.endpoint.weight, 9);
  assert.is(upstream.counters.ejections, 1);
  assert.is(bench.upstream(b).sessions.size, 1);
  bench.pool.destroy();
});

test('lets removed ones drain until their last session has left', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const removed = bench.upstream(a);
  const sessions = [bench.open(removed), bench.open(removed)];
  assert.is(bench.apply([b]), 2);
  assert.equal(bench.picks(2), [b, b]);
  assert.is(bench.state(a), 'draining');
  assert.equal(reasons(bench), ['', 'no longer an endpoint']);
  sessions[0]?.close('done');
  assert.is(bench.state(a), 'draining');
  sessions[1]?.close('done');
  assert.is(removed.state.kind, 'closed');
  assert.equal(formatEndpoints(bench.pool.upstreams().map(({ endpoint }) => endpoint)), [b]);
  bench.pool.destroy();
});

test('says of each that drains why it does', () => {
  const bench = new PoolBench();
  bench.apply([a, b, endpointAt(c, { drain: true })]);
  bench.open(bench.upstream(a));
  bench.apply([b, endpointAt(c, { drain: true })]);
  assert.equal(reasons(bench), ['', 'asked to drain', 'no longer an endpoint']);
  bench.apply([a, b]);
  assert.equal(reasons(bench), ['', '']);
  bench.pool.destroy();
});

function reasons(bench: PoolBench): readonly string[] {
  return bench.pool
    .upstreams()
    .map((one) => one.view())
    .map(({ reason }) => reason);
}

test('closes a removed one only when nobody dials it any more', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const removed = bench.upstream(a);
  removed.dials = 1;
  bench.apply([b]);
  assert.is(removed.state.kind, 'draining');
  removed.dials = 0;
  bench.pool.left(removed);
  assert.is(removed.state.kind, 'closed');
  bench.pool.destroy();
});

test('returns none that drains, whatever traffic and retries say', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.refuse(a);
  const removed = bench.upstream(a);
  bench.open(removed);
  bench.works.set(a, { ok: true, reason: '' });
  bench.apply([b]);
  await bench.clock.run(60_000);
  bench.pool.connected(removed);
  bench.pool.answered(removed);
  bench.pool.eject(removed, { cause: 'dial', reason: 'refused' });
  assert.is(removed.state.kind, 'draining');
  assert.is(bench.retried.length, 0);
  bench.pool.destroy();
});

test('has a removed endpoint back as the upstream that drained, with its sessions', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const old = bench.upstream(a);
  const session = bench.open(old);
  bench.apply([b], { drainTimeoutMs: 1_000 });
  await bench.clock.run(900);
  bench.apply([a, b], { drainTimeoutMs: 1_000 });
  assert.is(bench.upstream(a), old);
  assert.equal([old.state.kind, old.view().reason], ['healthy', '']);
  assert.equal(bench.picks(2).sort(), [a, b]);
  await bench.clock.run(10_000);
  assert.is(session.end, undefined, 'its session was closed by the drain that was taken back');
  session.close('done');
  assert.is(bench.pool.upstreams().length, 2);
  bench.pool.destroy();
});

for (const away of [[b], [endpointAt(a, { drain: true }), b]]) {
  test(`has one back from ${away.length === 1 ? 'its removal' : 'a drain'} as ejected as it was, and tries it again`, async () => {
    const bench = new PoolBench();
    bench.apply([a, b]);
    const old = bench.upstream(a);
    bench.open(old);
    bench.refuse(a);
    const { sinceMs } = old.state;
    bench.apply(away);
    await bench.clock.run(5_000);
    assert.is(bench.retried.length, 0);
    bench.apply([a, b]);
    assert.equal([old.state.kind, old.state.sinceMs], ['ejected', sinceMs]);
    assert.equal(bench.picks(2), [b, b]);
    bench.works.set(a, { ok: true, reason: '' });
    await bench.clock.run(1);
    assert.is(old.state.kind, 'healthy');
    bench.pool.destroy();
  });
}

test('has a removed endpoint back as a new upstream once the old one has closed, also meanwhile', () => {
  const bench = new PoolBench({ healthCheck: checks });
  bench.apply([a, b]);
  const old = bench.upstream(a);
  const session = bench.open(old);
  bench.apply([b]);
  const change = bench.pool.prepare(endpointsAt(a, b));
  session.close('done');
  assert.is(old.state.kind, 'closed');
  bench.pool.commit(change, settingsWith());
  assert.is.not(bench.upstream(a), old);
  assert.is(bench.state(a), 'healthy');
  assert.equal(bench.picks(2).sort(), [a, b]);
  bench.pool.destroy();
});

test('drains one that is asked to, in its place, and has it back when it is asked no more', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const asked = bench.upstream(a);
  const session = bench.open(asked);
  bench.apply([endpointAt(a, { drain: true }), b]);
  assert.is(bench.upstream(a), asked);
  assert.is(asked.view().reason, 'asked to drain');
  assert.equal(bench.picks(2), [b, b]);
  assert.is(bench.pool.upstreams().length, 2);
  bench.apply([a, b]);
  assert.is(bench.upstream(a), asked);
  assert.is(bench.state(a), 'healthy');
  assert.is(asked.sessions.size, 1);
  assert.is(session.end, undefined);
  bench.pool.destroy();
});

test('is down when nobody is healthy and up again with the first, and tells each once', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.refuse(a);
  assert.is(bench.happened('pool-down'), 0);
  bench.refuse(b, 'no route');
  const down = bench.events.find(({ type }) => type === 'pool-down');
  assert.ok(down?.type === 'pool-down' && down.reason.includes(`${b}: no route`));
  assert.is(down.isOffered, true);
  assert.is(bench.pool.hasHealthy, false);
  bench.clock.advance(50);
  bench.pool.connected(bench.upstream(b));
  const up = bench.events.filter(({ type }) => type === 'pool-up');
  assert.equal(up, [{ type: 'pool-up', gateway: 'main', downForMs: 50 }]);
  bench.pool.destroy();
});

test('offers clients to nobody where all are asked to drain, and says so', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.apply([endpointAt(a, { drain: true }), endpointAt(b, { drain: true })]);
  const down = bench.events.find(({ type }) => type === 'pool-down');
  assert.ok(down?.type === 'pool-down' && !down.isOffered);
  bench.pool.destroy();
});

test('says of the first few members why they are down, and of the others how many', () => {
  const bench = new PoolBench();
  const keys = Array.from({ length: 8 }, (_, n) => `10.0.0.${n}:2379`);
  bench.apply([a, b]);
  bench.open(bench.upstream(a));
  bench.apply(keys.filter((key) => key !== a));
  for (const key of keys) if (key !== a) bench.refuse(key);
  const { whyDown } = bench.pool;
  assert.ok(whyDown.startsWith('10.0.0.0:2379: connection refused; 10.0.0.2:2379: '));
  assert.ok(whyDown.endsWith('; and 2 more'));
  assert.not.match(whyDown, a);
  bench.pool.destroy();
});

test('does not call itself up because its last endpoint has left', () => {
  const bench = new PoolBench();
  bench.apply([a]);
  bench.refuse(a);
  bench.apply([]);
  assert.is(bench.happened('pool-up'), 0);
  bench.apply([b]);
  assert.is(bench.happened('pool-up'), 1);
  bench.pool.destroy();
});

test('offers no upstream whose name is not resolved while there is another', () => {
  const bench = new PoolBench();
  bench.apply(['infra0.test:2379', b]);
  assert.equal(bench.picks(2), [b, b]);
  bench.hosts.resolve('infra0.test', ['10.0.0.7']);
  assert.equal(bench.picks(2).sort(), [b, 'infra0.test:2379 (10.0.0.7)']);
  bench.pool.destroy();
});

test('lets go of the names of those that have left', () => {
  const bench = new PoolBench();
  bench.apply([a, 'infra0.test:2379', 'infra1.test:2379']);
  assert.is(bench.hosts.followed, 2, 'an address needs no look-up');
  bench.apply([a, 'infra1.test:2379']);
  assert.is(bench.hosts.followed, 1);
  bench.pool.destroy();
  assert.is(bench.hosts.followed, 0);
});

test('forgets a suspicion with its cause, and with no other', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.pool.suspect(bench.upstream(a), 'slow to answer');
  bench.pool.unsuspect(bench.upstream(a), 'slow to connect');
  assert.equal(bench.picks(2), [b, b]);
  bench.pool.answered(bench.upstream(a));
  assert.equal(bench.picks(2).sort(), [a, b]);
  bench.pool.destroy();
});

test('forgets a suspicion when it ejects', () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  bench.pool.suspect(bench.upstream(a), 'slow to connect');
  bench.refuse(a);
  bench.pool.connected(bench.upstream(a));
  assert.is(bench.upstream(a).suspicion, undefined);
  bench.pool.destroy();
});

const checks = { ...defaultSettings.healthCheck, type: 'tcp', intervalMs: 1_000 } as const;

test('takes out and puts back what health checks say', async () => {
  const bench = new PoolBench({ healthCheck: checks });
  bench.apply([a, b], { healthCheck: checks });
  bench.healthy.set('10.0.0.1', false);
  await bench.clock.run(5_000);
  assert.equal([bench.state(a), bench.state(b)], ['ejected', 'healthy']);
  assert.is(bench.upstream(a).view().retryAtMs, undefined);
  bench.pool.connected(bench.upstream(a));
  bench.pool.answered(bench.upstream(a));
  assert.is(bench.state(a), 'ejected');
  bench.healthy.set('10.0.0.1', true);
  await bench.clock.run(3_000);
  assert.is(bench.state(a), 'healthy');
  bench.pool.destroy();
});

test('keeps nobody out when health checks are turned off', async () => {
  const bench = new PoolBench({ healthCheck: checks });
  bench.apply([a, b], { healthCheck: checks });
  bench.healthy.set('10.0.0.1', false);
  await bench.clock.run(5_000);
  bench.apply([a, b]);
  assert.is(bench.state(a), 'healthy');
  bench.pool.destroy();
});

test('closes the sessions of a failed upstream only if asked, and never without another', async () => {
  const asked = { healthCheck: checks, onEject: 'close' } as const;
  const bench = new PoolBench(asked);
  bench.apply([a, b], asked);
  const session = bench.open(bench.upstream(a));
  bench.refuse(b);
  bench.healthy.set('10.0.0.1', false).set('10.0.0.2', false);
  await bench.clock.run(5_000);
  assert.equal([bench.state(a), bench.state(b)], ['ejected', 'ejected']);
  assert.is(session.end, undefined);
  bench.healthy.set('10.0.0.2', true);
  await bench.clock.run(3_000);
  assert.is(session.end, 'ejected');
  bench.pool.destroy();
});

test('closes the sessions of one that has refused a dial once its checks fail too', async () => {
  const asked = { healthCheck: checks, onEject: 'close' } as const;
  const bench = new PoolBench(asked);
  bench.apply([a, b], asked);
  await bench.clock.run(2_000);
  const session = bench.open(bench.upstream(a));
  bench.refuse(a);
  assert.is(session.end, undefined, 'a refused dial says nothing about open sessions');
  bench.healthy.set('10.0.0.1', false);
  await bench.clock.run(5_000);
  assert.is(bench.upstream(a).view().reason, 'still refused');
  assert.is(session.end, 'ejected');
  bench.pool.destroy();
});

test('closes thousands of sessions of a failed upstream bit by bit', async () => {
  const asked = { healthCheck: checks, onEject: 'close' } as const;
  const bench = new PoolBench(asked);
  bench.apply([a, b], asked);
  const upstream = bench.upstream(a);
  for (let n = 0; n < 2_000; n += 1) bench.open(upstream);
  bench.pool.eject(upstream, { cause: 'health', reason: 'unhealthy' });
  assert.ok(upstream.sessions.size > 1_500);
  bench.healthy.set('10.0.0.1', false);
  await bench.clock.run(200);
  assert.is(upstream.sessions.size, 0);
  bench.pool.destroy();
});

test('closes no more at once where several upstreams fail together', async () => {
  const asked = { healthCheck: checks, onEject: 'close' } as const;
  const bench = new PoolBench(asked);
  bench.apply([a, b, '10.0.0.3:2379'], asked);
  const failed = [bench.upstream(a), bench.upstream(b)];
  for (let n = 0; n < 2_000; n += 1) bench.open(bench.upstream(n % 2 === 0 ? a : b));
  for (const upstream of failed) {
    bench.pool.eject(upstream, { cause: 'health', reason: 'unhealthy' });
  }
  const left = failed.reduce((sum, upstream) => sum + upstream.sessions.size, 0);
  assert.is(left, 1_900);
  bench.pool.destroy();
});

test('ejects for a reset only what a look has found failed, and not for a failure of our own', async () => {
  const asked = { onEject: 'close' } as const;
  const bench = new PoolBench(asked);
  bench.apply([a, b], asked);
  const upstream = bench.upstream(a);
  const session = bench.open(upstream);
  for (const outcome of [{ ok: true }, { ok: false, conclusive: false }]) {
    bench.works.set(a, outcome);
    await bench.pool.resetBy(upstream);
    assert.is(bench.state(a), 'healthy');
  }
  bench.works.set(a, { ok: false, reason: 'connection refused' });
  await bench.pool.resetBy(upstream);
  assert.is(upstream.view().reason, 'reset a session, then: connection refused');
  assert.is(session.end, 'ejected');
  bench.pool.destroy();
});

test('ends the sessions of a removed one when drain-timeout is over, quiet ones first, paced', async () => {
  const bench = new PoolBench();
  bench.apply([a, b]);
  const removed = bench.upstream(a);
  const sessions = Array.from({ length: 40 }, () => bench.open(removed));
  sessions.forEach((session, n) => (session.quietSinceMs = 40 - n));
  bench.apply([b], { drainTimeoutMs: 1_000 });
  await bench.clock.run(999);
  assert.ok(sessions.every(({ end }) => end === undefined));
  await bench.clock.run(1_001);
  const open = sessions.filter(({ end }) => end === undefined);
  assert.ok(open.length > 10 && open.length < 30, `${open.length} are open`);
  assert.equal(open, sessions.slice(0, open.length));
  await bench.clock.run(1_100);
  assert.ok(sessions.every(({ end }) => end === 'drain-timeout'));
  assert.is(removed.state.kind, 'closed');
  bench.pool.destroy();
});

test('leaves no timer behind', async () => {
  const all = { healthCheck: checks, slowStartMs: 5_000, drainTimeoutMs: 5_000 };
  const bench = new PoolBench(all);
  bench.apply([a, b, c], all);
  bench.refuse(a);
  bench.refuse(b);
  bench.pool.connected(bench.upstream(b));
  bench.picks(1);
  bench.open(bench.upstream(c));
  bench.apply([a, b], all);
  bench.pool.destroy();
  await settle();
  assert.equal(bench.clock.delaysMs, []);
  bench.pool.destroy();
});

test.run();
