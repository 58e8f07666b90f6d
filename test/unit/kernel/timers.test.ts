import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Timers } from '../../../src/kernel/timers.js';
import type { Timer } from '../../../src/model/ports.js';

const test = suite('kernel: timers');

test('timers run in the order in which they are due, those due together in the order of their start', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200 }), fc.nat(60), (dues, nowMs) => {
      const timers = new Timers();
      const ran: (readonly [number, number])[] = [];
      dues.forEach((due, index) => timers.start(due, () => ran.push([due, index])));
      timers.run(nowMs);
      const wanted = dues
        .map((due, index) => [due, index] as const)
        .filter(([due]) => due <= nowMs);
      assert.equal(
        ran,
        wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
      );
      const later = dues.filter((due) => due > nowMs);
      assert.is(timers.nextMs, later.length === 0 ? undefined : Math.min(...later));
    }),
  );
});

test('a cancelled timer does not run, whenever that is and however often', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 200 }), (all) => {
      const timers = new Timers();
      const ran: number[] = [];
      const started = all.map(([due], index) => timers.start(due, () => ran.push(index)));
      all.forEach(([, isCancelled], index) => {
        if (!isCancelled) return;
        started[index]?.cancel();
        started[index]?.cancel();
      });
      timers.run(100);
      const wanted = all.flatMap(([, isCancelled], index) => (isCancelled ? [] : [index]));
      assert.equal(
        ran.sort((a, b) => a - b),
        wanted,
      );
      assert.is(timers.nextMs, undefined);
    }),
  );
});

test('a timer that is begun by another one runs in a later round', () => {
  const timers = new Timers();
  let runs = 0;
  const again = (): void => {
    runs += 1;
    timers.start(0, again);
  };
  timers.start(0, again);
  timers.run(1);
  assert.is(runs, 1);
  timers.run(1);
  assert.is(runs, 2);
});

test('a timer can cancel others that are due with it', () => {
  const timers = new Timers();
  const others: Timer[] = [];
  let ran = 0;
  timers.start(0, () => others.forEach((timer) => timer.cancel()));
  for (let n = 0; n < 10; n += 1) others.push(timers.start(0, () => (ran += 1)));
  timers.run(1);
  assert.is(ran, 0);
});

test.run();
