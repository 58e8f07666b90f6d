import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Turns } from '../../../src/dns/turns.js';
import { FakeClock } from '../../support/fake-clock.js';

const test = suite('turns');

/** One turn of the timers; what they set for the same moment waits for the next. */
class TurningClock extends FakeClock {
  override setTimer(delayMs: number, callback: () => void): ReturnType<FakeClock['setTimer']> {
    return super.setTimer(Math.max(1, delayMs), callback);
  }
}

test('runs a few tasks in each turn, in their order, and the others later', () => {
  const clock = new TurningClock();
  const turns = new Turns(clock);
  const ran: number[] = [];
  for (let n = 0; n < 100; n += 1) turns.take(() => ran.push(n));
  assert.equal(ran, [], 'never from inside');
  for (let turn = 1; ran.length < 100; turn += 1) {
    clock.advance(1);
    assert.equal(ran.length, Math.min(100, 8 * turn));
  }
  assert.equal(
    ran,
    Array.from({ length: 100 }, (_, n) => n),
  );
  assert.equal(clock.delaysMs, []);
});

test('does not run what was taken back, and sets no timer for nobody', () => {
  const clock = new TurningClock();
  const turns = new Turns(clock);
  const ran: string[] = [];
  const back = turns.take(() => ran.push('a'));
  back();
  back();
  assert.equal(clock.delaysMs, []);
  turns.take(() => ran.push('b'));
  clock.advance(1);
  assert.equal(ran, ['b']);
});

test('does not run what another task of the same turn has taken back', () => {
  const clock = new TurningClock();
  const turns = new Turns(clock);
  const ran: string[] = [];
  const tasks: (() => void)[] = [];
  turns.take(() => tasks.forEach((takeBack) => takeBack()));
  tasks.push(turns.take(() => ran.push('taken back')));
  clock.advance(1);
  assert.equal(ran, []);
  assert.equal(clock.delaysMs, []);
});

test('takes on what a task asks for while it runs', () => {
  const clock = new TurningClock();
  const turns = new Turns(clock);
  const ran: string[] = [];
  turns.take(() => {
    ran.push('first');
    turns.take(() => ran.push('second'));
  });
  clock.advance(1);
  assert.equal(ran, ['first']);
  clock.advance(1);
  assert.equal(ran, ['first', 'second']);
  assert.equal(clock.delaysMs, []);
});

test.run();
