import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Keepalive, type LongLived } from '../../../src/proxy/keepalive.js';
import { FakeClock } from '../../support/fake-clock.js';

const test = suite('keepalive');

/** Notes what it was told. */
class Session implements LongLived {
  idleMs: number | undefined;

  constructor(readonly startedMs: number) {}

  keepAlive(idleMs: number): void {
    this.idleMs = idleMs;
  }
}

function bench(idleMs = 30_000): { clock: FakeClock; keepalive: Keepalive; open: () => Session } {
  const clock = new FakeClock();
  const keepalive = new Keepalive(clock);
  keepalive.configure(idleMs);
  const open = (): Session => {
    const session = new Session(clock.nowMs());
    keepalive.started(session);
    return session;
  };
  return { clock, keepalive, open };
}

test('comes on for sessions that last, and only for those', () => {
  const { clock, keepalive, open } = bench();
  const [lasting, short] = [open(), open()];
  clock.advance(900);
  const late = open();
  keepalive.ended(short);
  clock.advance(200);
  assert.equal([lasting.idleMs, short.idleMs, late.idleMs], [30_000, undefined, undefined]);
  clock.advance(2_000);
  assert.equal([short.idleMs, late.idleMs], [undefined, 30_000]);
  assert.equal(clock.delaysMs, [], 'a timer without a young session');
});

test('comes on for thousands in portions, for all of them soon', () => {
  const { clock, open } = bench();
  const sessions = Array.from({ length: 5_000 }, open);
  const done = (): number => sessions.filter(({ idleMs }) => idleMs !== undefined).length;
  let most = 0;
  for (let ms = 0; ms < 1_100; ms += 1) {
    const before = done();
    clock.advance(1);
    most = Math.max(most, done() - before);
  }
  assert.is(done(), 5_000);
  assert.ok(most <= 200, `${most} in one millisecond`);
});

test('is never on where it is configured off, and sets no timer', () => {
  const { clock, open } = bench(0);
  const session = open();
  assert.equal(clock.delaysMs, []);
  clock.advance(5_000);
  assert.is(session.idleMs, undefined);
});

test('does not come on any more where it is turned off meanwhile', () => {
  const { clock, keepalive, open } = bench();
  const session = open();
  clock.advance(500);
  keepalive.configure(0);
  clock.advance(5_000);
  assert.equal([session.idleMs, clock.delaysMs], [undefined, []]);
});

test('has no timer once it is destroyed', () => {
  const { clock, keepalive, open } = bench();
  const session = open();
  keepalive.destroy();
  clock.advance(5_000);
  assert.equal([clock.delaysMs, session.idleMs], [[], undefined]);
});

test.run();
