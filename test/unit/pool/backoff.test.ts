import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { backoffMs, nextFailureCount } from '../../../src/pool/backoff.js';

const test = suite('backoff');

test('doubles from 100 ms up to the longest wait', () => {
  const waits = [1, 2, 3, 4, 5, 6].map((failures) => backoffMs(failures, 1_000, () => 0));
  assert.equal(waits, [100, 200, 400, 800, 1_000, 1_000]);
});

test('stays between half of its wait and the whole of it, for ever', () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 1e9 }),
      unit,
      (failures, longestMs, random) => {
        const full = backoffMs(failures, longestMs, () => 0);
        const waitMs = backoffMs(failures, longestMs, () => random);
        assert.ok(full <= longestMs && waitMs >= 0.5 * full && waitMs <= full);
      },
    ),
  );
});

test('goes on counting where an upstream fails again soon after its return', () => {
  const before = { failures: 4, lastWaitMs: 800 };
  assert.is(nextFailureCount(before, 4_999), 5);
  assert.is(nextFailureCount(before, 5_000), 1);
  assert.is(nextFailureCount({ failures: 9, lastWaitMs: 60_000 }, 119_999), 10);
  assert.is(nextFailureCount({ failures: 9, lastWaitMs: 60_000 }, 120_000), 1);
});

test('starts with the first failure, however soon that comes', () => {
  assert.is(nextFailureCount({ failures: 0, lastWaitMs: 0 }, 0), 1);
});

test.run();
