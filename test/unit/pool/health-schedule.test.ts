import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { beatOf, delayToBeat, delayToFirst } from '../../../src/pool/health-schedule.js';

const test = suite('health schedule');
const intervalMs = 5000;

test('spreads the first checks of any number of upstreams over the interval', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 1000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, origin) => {
        const times = Array.from({ length: n }, (_, index) =>
          delayToFirst(beatOf(index, origin), intervalMs),
        ).sort((a, b) => a - b);
        const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
        assert.ok(Math.min(...gaps) > (0.3 * intervalMs) / n, `gap ${Math.min(...gaps)} of ${n}`);
      },
    ),
  );
});

test('waits between half an interval and one and a half, jitter included', () => {
  const unit = fc.double({ min: 0, max: 0.999_999, noNaN: true });
  fc.assert(
    fc.property(unit, unit, fc.integer({ min: 0, max: 1e9 }), (origin, random, nowMs) => {
      const delayMs = delayToBeat(beatOf(0, origin), nowMs, intervalMs, () => random);
      assert.ok(delayMs >= 0.45 * intervalMs && delayMs <= 1.55 * intervalMs, String(delayMs));
    }),
  );
});

test('keeps an upstream on its own grid however often it jitters', () => {
  const beat = beatOf(1, 0.25);
  let nowMs = 0;
  let seed = 1;
  for (let round = 0; round < 1000; round++) {
    seed = (seed * 16_807) % 2_147_483_647;
    nowMs += delayToBeat(beat, nowMs, intervalMs, () => seed / 2_147_483_647);
    const offset = (((nowMs / intervalMs - beat.phase) % 1) + 1) % 1;
    assert.ok(offset < 0.051 || offset > 0.949, `off its grid by ${offset} in round ${round}`);
  }
});

test.run();
