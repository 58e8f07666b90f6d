import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { SessionEnd } from '../../../src/model/events.js';
import { SessionSweep, type SweptSession } from '../../../src/proxy/session-sweep.js';
import { settingsWith } from '../../support/desired.js';
import { FakeClock } from '../../support/fake-clock.js';

const test = suite('session sweep');

/** What a sweep sees of a session. */
class Swept implements SweptSession {
  readonly startedMs: number;
  quietSinceMs: number;
  end: SessionEnd | undefined;

  constructor(
    readonly clock: FakeClock,
    readonly sessions: Set<SweptSession>,
  ) {
    this.startedMs = this.quietSinceMs = clock.nowMs();
  }

  /** A byte passes. */
  move(): void {
    this.quietSinceMs = this.clock.nowMs();
  }

  close(end: SessionEnd): void {
    this.end ??= end;
    this.sessions.delete(this);
  }
}

function bench(): {
  clock: FakeClock;
  open: () => Swept;
  sweep: SessionSweep;
  random: { value: number };
  sessions: Set<SweptSession>;
} {
  const clock = new FakeClock();
  const sessions = new Set<SweptSession>();
  const random = { value: 0 };
  const sweep = new SessionSweep(sessions, clock, () => random.value);
  const open = () => {
    const session = new Swept(clock, sessions);
    sessions.add(session);
    return session;
  };
  return { clock, open, sweep, random, sessions };
}

test('closes what has been quiet for as long as idle-timeout, and not before', () => {
  const { clock, open, sweep } = bench();
  sweep.configure(settingsWith({ idleTimeoutMs: 10_000 }));
  const [quiet, busy] = [open(), open()];
  for (let second = 0; second < 9; second += 1) {
    clock.advance(1_000);
    busy.move();
  }
  assert.is(quiet.end, undefined);
  clock.advance(2_000);
  assert.is(quiet.end, 'idle');
  assert.is(busy.end, undefined);
});

test('closes what is too old, not all at the same age', () => {
  const { clock, open, sweep, random } = bench();
  sweep.configure(settingsWith({ maxSessionAgeMs: 10_000 }));
  const last = open();
  clock.advance(1_000);
  random.value = 0.999;
  const early = open();
  clock.advance(8_500);
  assert.equal([last.end, early.end], [undefined, undefined]);
  clock.advance(1_000);
  assert.equal([last.end, early.end], ['max-age', undefined]);
  clock.advance(1_000);
  assert.is(early.end, 'max-age');
});

test('sets no timer while nothing asks for one', () => {
  const { clock, sweep } = bench();
  sweep.configure(settingsWith());
  assert.equal(clock.delaysMs, []);
  sweep.configure(settingsWith({ idleTimeoutMs: 1_000 }));
  assert.is(clock.delaysMs.length, 1);
  sweep.configure(settingsWith());
  clock.advance(1_000);
  assert.equal(clock.delaysMs, []);
});

test('comes round however often it is configured', () => {
  const { clock, open, sweep } = bench();
  const session = open();
  for (let n = 0; n < 40; n += 1) {
    sweep.configure(settingsWith({ idleTimeoutMs: 10_000 }));
    clock.advance(500);
  }
  assert.is(session.end, 'idle');
});

test('closes thousands in portions, and spares whoever is busy again before its turn', () => {
  const { clock, open, sweep } = bench();
  sweep.configure(settingsWith({ idleTimeoutMs: 10_000 }));
  const sessions = Array.from({ length: 2_000 }, open);
  const last = sessions.at(-1);
  const closed = (): number => sessions.filter(({ end }) => end === 'idle').length;
  clock.advance(9_990);
  let most = 0;
  for (let ms = 0; ms < 1_100; ms += 1) {
    const before = closed();
    clock.advance(1);
    most = Math.max(most, closed() - before);
    if (before > 0 && last) last.move();
  }
  assert.ok(most > 0 && most <= 50, `${most} in one millisecond`);
  assert.is(closed(), 1_999);
  assert.is(last?.end, undefined);
});

test('knows who is busy also while it closes thousands', () => {
  const { clock, open, sweep, sessions } = bench();
  const busy = open();
  for (let n = 0; n < 2_000; n += 1) open();
  sweep.configure(settingsWith({ idleTimeoutMs: 10_000 }));
  let longestMs = 0;
  for (let ms = 0; ms < 11_200; ms += 1) {
    busy.move();
    clock.advance(1);
    if (sessions.size < 2_000 && sessions.size > 1) {
      longestMs = Math.max(longestMs, clock.nowMs() - busy.quietSinceMs);
    }
  }
  assert.equal([...sessions], [busy]);
  assert.ok(longestMs <= 2, `${longestMs} ms behind`);
});

test('stops for good, also in the middle of many', () => {
  const { clock, open, sweep } = bench();
  sweep.configure(settingsWith({ idleTimeoutMs: 1_000 }));
  const sessions = Array.from({ length: 2_000 }, open);
  while (!sessions.some(({ end }) => end)) clock.advance(1);
  sweep.destroy();
  assert.equal(clock.delaysMs, []);
});

test('stops for good, also when a sweep itself brings the end', () => {
  const { clock, open, sweep } = bench();
  sweep.configure(settingsWith({ idleTimeoutMs: 1_000 }));
  const session = open();
  session.close = () => sweep.destroy();
  clock.advance(5_000);
  assert.equal(clock.delaysMs, []);
});

test.run();
