import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { AttemptLoop } from '../../../src/sources/members-loop.js';
import { settle, SteppingClock } from '../../support/stepping-clock.js';

const test = suite('attempt loop');

test('attempts again after the time that the attempt says', async () => {
  const clock = new SteppingClock();
  const times: number[] = [];
  const loop = new AttemptLoop(clock, () => {
    times.push(clock.nowMs());
    return Promise.resolve(100 * times.length);
  });
  loop.now();
  await clock.run(650);
  assert.equal(times, [0, 100, 300, 600]);
  assert.is(loop.nextAtMs, 1000);
  await loop.close();
});

test('takes an attempt under way for enough', async () => {
  const clock = new SteppingClock();
  const finish: (() => void)[] = [];
  const loop = new AttemptLoop(clock, () => {
    return new Promise((resolve) => finish.push(() => resolve(100)));
  });
  loop.now();
  loop.now();
  await settle();
  loop.now();
  await settle();
  assert.is(finish.length, 1);
  assert.is(loop.nextAtMs, undefined);
  finish[0]?.();
  await settle();
  loop.now();
  await settle();
  assert.is(finish.length, 2);
  assert.equal(clock.delaysMs, []);
  finish[1]?.();
  await loop.close();
});

test('is settled after the first attempt', async () => {
  const loop = new AttemptLoop(new SteppingClock(), () => Promise.resolve(1));
  loop.now();
  await loop.settled();
  await loop.close();
});

test('waits on close for the attempt under way and begins no other', async () => {
  const clock = new SteppingClock();
  let ended = false;
  const loop = new AttemptLoop(clock, async (signal) => {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    ended = true;
    return 1;
  });
  loop.now();
  await settle();
  await loop.close();
  await loop.close();
  assert.ok(ended);
  loop.now();
  await clock.run(10);
  assert.equal(clock.delaysMs, []);
  await loop.settled();
});

test.run();
