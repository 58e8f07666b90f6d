import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Upstream } from '../../../src/pool/upstream.js';
import { LoopGuard } from '../../../src/proxy/loop-guard.js';
import { LoopMarks } from '../../../src/proxy/loop-marks.js';
import { LoopWatch } from '../../../src/proxy/loop-watch.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PoolBench } from '../../support/pool-bench.js';

const test = suite('loop watch');

interface Bench {
  readonly clock: FakeClock;
  readonly watch: LoopWatch;
  /** Marks that were sent. */
  readonly marks: string[];
  readonly looped: Upstream[];
  /** Whether marks come round. */
  isLoop: boolean;
  /** Clients come one by one, each of whom gets its upstream before the next one comes. */
  readonly come: (count: number) => void;
  /** Who has been let in gets its upstream. */
  readonly connect: () => void;
  /** What a loop of so many does: it goes on once those held are let in. */
  readonly turn: (count: number) => void;
  /** From now on, sessions get another upstream. */
  readonly looksAtOther: () => void;
  /** How many have not been let in. */
  waiting: number;
  /** Lets what has been promised happen. */
  readonly settle: () => Promise<void>;
}

function bench(): Bench {
  const clock = new FakeClock();
  const guard = new LoopGuard(clock);
  const pool = new PoolBench();
  pool.apply(['127.0.0.1:2379', '127.0.0.2:2379']);
  let upstream = pool.upstream('127.0.0.1:2379');
  const looksAtOther = (): void => {
    upstream = pool.upstream('127.0.0.2:2379');
  };
  const looped: Upstream[] = [];
  const marks: string[] = [];
  const send = (_clock: unknown, _target: unknown, mark: string): Promise<boolean> => {
    marks.push(mark);
    if (self.isLoop) guard.carriesMark(Buffer.from(mark));
    return Promise.resolve(false);
  };
  const watch = new LoopWatch(clock, new LoopMarks(guard, clock, send, (one) => looped.push(one)));
  let dialing = 0;
  const connect = (): void => {
    for (; dialing > 0; dialing -= 1) watch.opened(upstream);
  };
  const start = (): void => {
    self.waiting -= 1;
    dialing += 1;
  };
  const come = (count: number): void => {
    for (let left = count; left > 0; left -= 1) {
      self.waiting += 1;
      watch.came({ start });
      connect();
    }
  };
  const turn = (count: number): void => {
    clock.advance(20);
    connect();
    come(count);
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const self: Bench = {
    clock,
    watch,
    marks,
    looped,
    isLoop: false,
    come,
    connect,
    turn,
    looksAtOther,
    waiting: 0,
    settle,
  };
  return self;
}

test('leaves alone where clients come, however many are silent', async () => {
  const { come, clock, marks, settle } = bench();
  for (let wave = 0; wave < 50; wave += 1) {
    come(20);
    clock.advance(10);
  }
  await settle();
  assert.equal(marks, []);
});

test('lets those in at once who come until it is suspicious, and the others when more keep coming', () => {
  const self = bench();
  self.come(16);
  assert.is(self.waiting, 0);
  self.come(8);
  self.clock.advance(10);
  assert.is(self.waiting, 8);
  self.come(1);
  assert.is(self.waiting, 9);
  self.come(1);
  assert.is(self.waiting, 0);
  self.come(11);
  assert.is(self.waiting, 0);
});

test('leaves alone those who came at once, and nobody after them', async () => {
  for (const count of [16, 17, 20, 60, 100]) {
    const self = bench();
    self.come(count);
    self.clock.advance(20);
    assert.is(self.waiting, 0);
    self.clock.advance(1_000);
    await self.settle();
    self.come(1);
    assert.equal([count, self.waiting, self.marks], [count, 0, []]);
  }
});

test('leaves alone those who came at once, though a busy machine lets them in by lots', async () => {
  const { come, clock, marks, settle } = bench();
  come(18);
  clock.advance(20);
  come(30);
  clock.advance(20);
  clock.advance(1_000);
  await settle();
  assert.equal(marks, []);
});

test('sends a mark where, twice in a row, as many come once those held are let in', async () => {
  const self = bench();
  const { come, turn, clock, marks, looped, settle } = self;
  come(18);
  clock.advance(19);
  assert.equal([self.waiting, marks], [2, []]);
  clock.advance(1);
  assert.equal([self.waiting, marks], [0, []]);
  come(1);
  assert.equal([self.waiting, marks], [0, []]);
  clock.advance(999);
  come(1);
  assert.equal([self.waiting, marks], [0, []]);
  come(3);
  assert.equal([self.waiting, marks], [3, []]);
  turn(2);
  assert.equal([self.waiting, marks], [0, []]);
  come(1);
  assert.equal([self.waiting, marks.length], [0, 1]);
  await settle();
  assert.equal(looped, []);
  come(40);
  clock.advance(1_000);
  await settle();
  assert.is(marks.length, 1, 'not again for two seconds');
});

test('does not wait to look at another upstream after a mark that did not come back', async () => {
  const { come, turn, marks, looksAtOther, settle } = bench();
  come(16);
  for (const count of [1, 2]) {
    turn(1);
    turn(1);
    await settle();
    assert.is(marks.length, count);
    looksAtOther();
    come(1);
  }
});

test('sends a mark where they come but now and then: a loop may be slow', async () => {
  const { come, clock, marks, settle } = bench();
  come(16);
  for (let times = 0; times < 2; times += 1) {
    clock.advance(20);
    clock.advance(900);
    come(1);
  }
  await settle();
  assert.is(marks.length, 1);
});

test('finds a loop whose turn takes longer than half a hold', async () => {
  for (const turnMs of [1, 9, 11, 15, 19, 21, 40]) {
    const self = bench();
    self.isLoop = true;
    self.come(16);
    for (let turns = 0; turns < 4; turns += 1) {
      for (let waited = 0; waited < turnMs; waited += 1) self.clock.advance(1);
      self.come(1);
      for (let waited = 0; self.waiting > 0 && waited < 20; waited += 1) self.clock.advance(1);
      assert.is(self.waiting, 0);
      self.connect();
    }
    await self.settle();
    assert.ok(self.looped.length > 0, `${turnMs} ms`);
  }
});

test('finds a loop, and looks again without a pause', async () => {
  const self = bench();
  self.isLoop = true;
  for (const times of [1, 2]) {
    self.come(16);
    self.turn(1);
    self.turn(1);
    await self.settle();
    assert.is(self.looped.length, times);
    for (let closed = 0; closed < 18; closed += 1) self.watch.ended();
  }
});

test('finds a loop of many, beside which some clients come', async () => {
  const self = bench();
  self.isLoop = true;
  self.come(16);
  self.come(60);
  self.clock.advance(10);
  self.come(14);
  self.clock.advance(10);
  self.connect();
  self.come(60);
  self.come(60);
  self.turn(60);
  await self.settle();
  assert.is(self.looped.length, 1);
});

test('lets all in with the first answer, and holds nobody again while they come and go', async () => {
  const self = bench();
  const { come, connect, clock, watch, marks, settle } = self;
  come(64);
  assert.is(self.waiting, 48);
  watch.answered();
  assert.is(self.waiting, 0);
  connect();
  for (let turn = 0; turn < 90; turn += 1) {
    for (let left = 63; left > 0; left -= 1) watch.answered();
    clock.advance(10);
    come(63);
    assert.is(self.waiting, 0);
  }
  await settle();
  assert.equal(marks, []);
});

test('lets in who is held when it is told to', () => {
  const self = bench();
  self.come(20);
  assert.is(self.waiting, 4);
  self.watch.letIn();
  assert.is(self.waiting, 0);
});

test('sends no mark where those that waited have ended meanwhile', async () => {
  for (const endAfterMs of [10, 20]) {
    const { come, clock, watch, marks, settle } = bench();
    come(17);
    clock.advance(endAfterMs);
    for (let ends = 0; ends < 10; ends += 1) watch.ended();
    clock.advance(20 - endAfterMs);
    come(1);
    await settle();
    assert.equal(marks, []);
  }
});

test('sends none either where an answer comes once those held are let in', async () => {
  const { come, clock, watch, marks, settle } = bench();
  come(17);
  clock.advance(20);
  watch.answered();
  come(1);
  await settle();
  assert.equal(marks, []);
});

test('is as suspicious as at first when the crowd has been gone for a while', async () => {
  const { come, turn, clock, watch, marks, settle } = bench();
  come(100);
  clock.advance(20);
  clock.advance(1_000);
  for (let answers = 0; answers < 100; answers += 1) watch.answered();
  for (const each of [1, 2, 3, 4]) {
    clock.advance(1_000);
    come(each);
    for (let answers = 0; answers < each; answers += 1) watch.answered();
  }
  come(16);
  turn(1);
  turn(1);
  await settle();
  assert.is(marks.length, 1);
});

test('has nothing under way when it is destroyed', () => {
  for (const heldMs of [0, 20]) {
    const { come, clock, watch, marks } = bench();
    come(17);
    clock.advance(heldMs);
    watch.destroy();
    clock.advance(1_000);
    assert.equal([marks, clock.delaysMs], [[], []]);
  }
});

test.run();
