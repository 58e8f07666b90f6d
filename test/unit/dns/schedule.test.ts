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
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000 };
  const delays = [0, 0.25, 0.5, 0.75].map((random) => refreshDelayMs(60_000, limits, () => random));
  assert.is(new Set(delays).size, 4);
  assert.equal(delays, [60_000, 52_500, 45_000, 37_500]);
});

test('backs off from a second, doubling, up to half a minute', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000 };
  const delays = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) =>
    failureDelayMs(failures, undefined, limits, () => 0),
  );
  assert.equal(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('never waits longer after a failure than max-ttl, and half a second at least', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(ttl), bounds, chance, (failures, negative, limits, random) => {
      const delay = failureDelayMs(failures + 1, negative ?? undefined, limits, () => random);
      assert.ok(delay >= 500 && delay <= Math.min(limits.maxTtlMs, 30_000));
    }),
  );
});

test('honours how long a negative answer holds, within the longest backoff', () => {
  const limits = { minTtlMs: 1_000, maxTtlMs: 3_600_000 };
  const after = (ttlMs: number): number => failureDelayMs(1, ttlMs, limits, () => 0);
  assert.equal([after(0), after(12_000), after(900_000)], [1_000, 12_000, 30_000]);
});

test.run();
