import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Upstream } from '../../../src/pool/upstream.js';
import { LoopGuard } from '../../../src/proxy/loop-guard.js';
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
  /** Clients come, each of whom gets its upstream as soon as it is let in. */
  readonly come: (count: number) => void;
  /** How many have not been let in. */
  waiting: number;
  /** How many sessions have no upstream yet. */
  dialing: number;
  /** Lets what has been promised happen. */
  readonly settle: () => Promise<void>;
}

function bench(): Bench {
  const clock = new FakeClock();
  const guard = new LoopGuard(clock);
  const pool = new PoolBench();
  pool.apply(['127.0.0.1:2379']);
  const upstream = pool.upstream('127.0.0.1:2379');
  const looped: Upstream[] = [];
  const marks: string[] = [];
  const send = (_clock: unknown, _target: unknown, mark: string): Promise<boolean> => {
    marks.push(mark);
    if (self.isLoop) guard.carriesMark(Buffer.from(mark));
    return Promise.resolve(false);
  };
  const watch = new LoopWatch(
    guard,
    clock,
    send,
    (one) => looped.push(one),
    () => self.dialing,
  );
  const start = (): void => {
    self.waiting -= 1;
    watch.opened(upstream);
  };
  const come = (count: number): void => {
    for (let left = count; left > 0; left -= 1) {
      self.waiting += 1;
      watch.came({ start });
    }
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const self: Bench = {
    clock,
    watch,
    marks,
    looped,
    isLoop: false,
    come,
    waiting: 0,
    dialing: 0,
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

test('lets those in at once who come until it is suspicious, and the others when they are enough', () => {
  const self = bench();
  self.come(16);
  assert.is(self.waiting, 0);
  self.come(3);
  assert.is(self.waiting, 3);
  self.come(1);
  assert.is(self.waiting, 0);
  self.come(11);
  assert.is(self.waiting, 0);
});

test('holds nobody where many are dialed for: they came at once', async () => {
  const self = bench();
  self.dialing = 4;
  self.come(20);
  self.clock.advance(20);
  await self.settle();
  assert.equal([self.waiting, self.marks], [0, []]);
});

test('sends a mark where hardly any come, after letting them in', async () => {
  const self = bench();
  const { come, clock, marks, looped, settle } = self;
  come(17);
  clock.advance(19);
  assert.equal([self.waiting, marks], [1, []]);
  clock.advance(1);
  assert.equal([self.waiting, marks.length], [0, 1]);
  await settle();
  assert.equal(looped, []);
  come(40);
  clock.advance(1_000);
  await settle();
  assert.is(marks.length, 1, 'not again for two seconds');
});

test('finds a loop, and looks again without a pause', async () => {
  const self = bench();
  self.isLoop = true;
  for (const times of [1, 2]) {
    self.come(16);
    self.clock.advance(20);
    await self.settle();
    assert.is(self.looped.length, times);
    for (let closed = 0; closed < 16; closed += 1) self.watch.answered();
  }
});

test('finds a loop of a few at twice as many', async () => {
  const self = bench();
  self.isLoop = true;
  self.come(16);
  self.come(6); // one for each, let in with the fourth
  self.come(10);
  self.come(6);
  self.clock.advance(20);
  await self.settle();
  assert.is(self.looped.length, 1);
});

test('needs no look where answers have come meanwhile', async () => {
  const { come, clock, watch, marks, settle } = bench();
  come(16);
  for (let answers = 0; answers < 10; answers += 1) watch.answered();
  clock.advance(20);
  await settle();
  assert.equal(marks, []);
});

test('is as suspicious as at first when the crowd has gone', async () => {
  const { come, clock, watch, marks, settle } = bench();
  come(100);
  for (let answers = 0; answers < 100; answers += 1) watch.answered();
  come(16);
  clock.advance(20);
  await settle();
  assert.is(marks.length, 1);
});

test('has nothing under way when it is destroyed', () => {
  const { come, clock, watch, marks } = bench();
  come(17);
  watch.destroy();
  clock.advance(1_000);
  assert.equal([marks, clock.delaysMs], [[], []]);
});

test.run();
