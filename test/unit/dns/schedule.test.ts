import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clampTtlMs, failureDelayMs, refreshDelayMs } from '../../../src/dns/schedule.js';

const test = suite('DNS schedule');

const bounds = fc
  .tuple(fc.integer({ min: 1_000, max: 600_000 }), fc.integer({ min: 0, max: 86_400_000 }))
  .map(([minTtlMs, more]) => ({ minTtlMs, maxTtlMs: minTtlMs + more }));
const ttl = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 * 1000 }), fc.constant(Infinity));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('keeps a TTL within its bounds, and as it is where it lies there', () => {
  fc.assert(
    fc.property(ttl, bounds, (ttlMs, { minTtlMs, maxTtlMs }) => {
      const clamped = clampTtlMs(ttlMs, { minTtlMs, maxTtlMs });
      assert.ok(clamped >= minTtlMs && clamped <= maxTtlMs);
      if (ttlMs >= minTtlMs && ttlMs <= maxTtlMs) assert.is(clamped, ttlMs);
    }),
  );
});

test('looks again in the second half of the TTL, never late', () => {
  fc.assert(
    fc.property(ttl, bounds, chance, (ttlMs, limits, random) => {
      const clamped = clampTtlMs(ttlMs, limits);
      const delay = refreshDelayMs(ttlMs, limits, () => random);
      assert.ok(delay >= clamped / 2 && delay <= clamped);
    }),
  );
});

test('spreads what was answered in the same moment', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000, holdMs: 0 };
  const delays = [0, 0.25, 0.5, 0.75].map((random) => refreshDelayMs(60_000, limits, () => random));
  assert.is(new Set(delays).size, 4);
  assert.equal(delays, [60_000, 52_500, 45_000, 37_500]);
});

const first = { count: 1, negativeTtlMs: undefined, heldTtlMs: undefined };

test('backs off from a second, doubling, up to half a minute, while there is no answer', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000, holdMs: 0 };
  const delays = [1, 2, 3, 4, 5, 6, 7, 1_000].map((count) =>
    failureDelayMs({ ...first, count }, limits, () => 0),
  );
  assert.equal(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('never waits longer after a failure than max-ttl, and half a second at least', () => {
  const failures = fc.record({
    count: fc.integer({ min: 1 }),
    negativeTtlMs: fc.option(ttl, { nil: undefined }),
    heldTtlMs: fc.option(ttl, { nil: undefined }),
  });
  fc.assert(
    fc.property(failures, bounds, chance, (failed, limits, random) => {
      const delay = failureDelayMs(failed, limits, () => random);
      const longest = failed.heldTtlMs === undefined ? 30_000 : 60_000;
      assert.ok(delay >= 500 && delay <= Math.min(limits.maxTtlMs, longest));
    }),
  );
});

test('honours how long a negative answer holds, within the longest backoff', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000, holdMs: 0 };
  const after = (negativeTtlMs: number): number =>
    failureDelayMs({ ...first, negativeTtlMs }, limits, () => 0);
  assert.equal([after(0), after(12_000), after(900_000)], [1_000, 12_000, 30_000]);
});

test('asks no oftener than its TTL while an answer is in use, and once a minute at least', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000, holdMs: 0 };
  const after = (heldTtlMs: number, count: number): number =>
    failureDelayMs({ ...first, count, heldTtlMs }, limits, () => 0);
  assert.equal([after(0, 1), after(1_000, 9), after(20_000, 1)], [1_000, 1_000, 20_000]);
  assert.equal([after(60_000, 1), after(3_600_000, 9)], [60_000, 60_000]);
});

test.run();
