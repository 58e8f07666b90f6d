import { setImmediate as breathe } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { SessionEnd } from '../../../src/model/events.js';
import { FirstByteWatch, type WaitingSession } from '../../../src/pool/first-byte-watch.js';
import type { Upstream } from '../../../src/pool/upstream.js';
import { PoolBench } from '../../support/pool-bench.js';

const test = suite('first-byte watch');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';

class Bench extends PoolBench {
  readonly watch = new FirstByteWatch(this.pool, this.clock);

  constructor() {
    super();
    this.apply([a, b]);
  }

  /** A session that has just sent its first bytes. */
  send(key: string): Waiting {
    const session = new Waiting(this.upstream(key), this.clock.nowMs());
    this.watch.sent(session);
    return session;
  }

  /** In steps of a sweep: what an upstream that is asked has to say comes between them. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.clock.advance(Math.min(250, left));
      await breathe();
    }
  }

  close(): void {
    this.watch.destroy();
    this.pool.destroy();
  }
}

class Waiting implements WaitingSession {
  readonly quietSinceMs = 0;
  end: SessionEnd | undefined;

  constructor(
    readonly upstream: Upstream,
    readonly sentAtMs: number,
  ) {}

  close(end: SessionEnd): void {
    this.end = end;
  }
}

test('suspects after a second, ejects after the timeout, and closes those that found it out', async () => {
  const bench = new Bench();
  const session = bench.send(a);
  await bench.pass(900);
  assert.is(bench.upstream(a).suspicion, undefined);
  await bench.pass(400);
  assert.is(bench.upstream(a).suspicion, 'slow to answer');
  assert.equal(bench.picks(2), [b, b]);
  const later = bench.send(a);
  await bench.pass(9_000);
  assert.is(bench.state(a), 'ejected');
  assert.is(session.end, 'first-byte-timeout');
  assert.is(later.end, undefined);
  await bench.pass(1_500);
  assert.is(later.end, 'first-byte-timeout');
  assert.is(bench.happened('upstream-ejected'), 1);
  bench.close();
});

test('closes thousands in portions, and spares whoever is answered before its turn', async () => {
  const bench = new Bench();
  const sessions = Array.from({ length: 1_000 }, () => bench.send(a));
  const closed = (): number => sessions.filter(({ end }) => end).length;
  const last = sessions.at(-1);
  let most = 0;
  let isAnswered = false;
  for (let ms = 0; ms < 10_500; ms += 1) {
    const before = closed();
    bench.clock.advance(1);
    await Promise.resolve();
    most = Math.max(most, closed() - before);
    if (last && before > 0 && !isAnswered) bench.watch.answered(last);
    isAnswered = before > 0;
  }
  assert.ok(most > 0 && most <= 50, `${most} in one millisecond`);
  assert.is(closed(), 999);
  assert.is(last?.end, undefined);
  assert.is(bench.happened('upstream-ejected'), 1);
  bench.close();
});

test("a silence that is the client's own takes out nobody and makes nobody suspected", async () => {
  const bench = new Bench();
  bench.works.set(a, { ok: true });
  const session = bench.send(a);
  for (let n = 0; n < 42; n += 1) {
    await bench.pass(250);
    assert.is(bench.upstream(a).suspicion, undefined);
  }
  assert.is(session.end, 'first-byte-timeout');
  assert.is(bench.state(a), 'healthy');
  assert.is(bench.retried.length, 1);
  bench.close();
});

test("a question that fails for this machine's own reasons takes out nobody", async () => {
  const bench = new Bench();
  bench.works.set(a, { conclusive: false });
  const session = bench.send(a);
  await bench.pass(10_500);
  assert.is(session.end, 'first-byte-timeout');
  assert.is(bench.state(a), 'healthy');
  bench.close();
});

test('does nothing about those that are answered', () => {
  const bench = new Bench();
  const session = bench.send(a);
  bench.clock.advance(500);
  bench.watch.answered(session);
  bench.clock.advance(60_000);
  assert.is(session.end, undefined);
  assert.is(bench.state(a), 'healthy');
  bench.close();
});

test('forgets its suspicion when the session that caused it has left', () => {
  const bench = new Bench();
  const session = bench.send(a);
  bench.clock.advance(2_000);
  assert.is(bench.upstream(a).suspicion, 'slow to answer');
  bench.watch.left(session);
  bench.clock.advance(500);
  assert.is(bench.upstream(a).suspicion, undefined);
  bench.close();
});

test('sets no timer while nobody waits', () => {
  const bench = new Bench();
  assert.equal(bench.clock.delaysMs, []);
  const sessions = [bench.send(a), bench.send(b)];
  assert.is(bench.clock.delaysMs.length, 1);
  for (const session of sessions) bench.watch.answered(session);
  bench.clock.advance(1_000);
  assert.equal(bench.clock.delaysMs, []);
  bench.close();
});

test('lets everybody wait as long as they like once it is turned off', () => {
  const bench = new Bench();
  const session = bench.send(a);
  bench.clock.advance(2_000);
  bench.apply([a, b], { firstByteTimeoutMs: 0 });
  bench.clock.advance(500);
  assert.is(bench.upstream(a).suspicion, undefined);
  assert.equal(bench.clock.delaysMs, []);
  bench.clock.advance(60_000);
  assert.is(session.end, undefined);
  bench.send(a);
  assert.equal(bench.clock.delaysMs, []);
  bench.close();
});

test('goes by the timeout of now', async () => {
  const bench = new Bench();
  const session = bench.send(a);
  await bench.pass(500);
  bench.apply([a, b], { firstByteTimeoutMs: 1_000 });
  await bench.pass(1_000);
  assert.is(session.end, 'first-byte-timeout');
  bench.close();
});

test.run();
