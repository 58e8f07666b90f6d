import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { weightedRing } from '../../../src/pool/ring.js';

const test = suite('weighted ring');

const exact: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[7], [1]],
  [
    [1, 1, 1],
    [1, 1, 1],
  ],
  [
    [5, 5],
    [1, 1],
  ],
  [
    [2, 1, 1],
    [2, 1, 1],
  ],
  [
    [10, 20, 30],
    [1, 2, 3],
  ],
  [
    [0, 0, 0],
    [1, 1, 1],
  ],
  [
    [1, 0],
    [100, 1],
  ],
  [
    [0.5, 1],
    [1, 2],
  ],
  [
    [3, 2],
    [3, 2],
  ],
];
for (const [weights, counts] of exact) {
  test(`gives ${JSON.stringify(weights)} turns in the ratio ${JSON.stringify(counts)}`, () => {
    const ring = weightedRing(weights);
    const turns = countTurns(ring, weights.length);
    const unit = Math.min(...turns, Infinity) / Math.min(...counts, Infinity);
    assert.equal(
      turns.map((count) => count / unit),
      counts,
    );
  });
}

test('gives equal weights one turn each, in their order', () => {
  assert.equal([...weightedRing([4, 4, 4, 4])], [0, 1, 2, 3]);
});

const weight = fc.oneof(fc.nat(10), fc.nat(65_535), fc.constantFrom(0, 1, 65_535));

test('gives everybody a turn, near its share, in a ring of bounded length', () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 60 }), (weights) => {
      const ring = weightedRing(weights);
      const turns = countTurns(ring, weights.length);
      assert.ok(ring.length <= 4096 + 2 * weights.length, `${ring.length} entries`);
      assert.ok(turns.every((count) => count > 0));
      const meant = meantWeights(weights);
      const total = meant.reduce((sum, one) => sum + one, 0);
      meant.forEach((one, index) => {
        const got = (turns[index] ?? 0) / ring.length;
        assert.ok(Math.abs(got - one / total) < 0.02, `${one} of ${total} got ${got}`);
      });
    }),
  );
});

test('never makes anybody wait much longer than its share asks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }),
      (weights) => {
        const ring = weightedRing(weights);
        const total = weights.reduce((sum, one) => sum + one, 0);
        weights.forEach((one, index) => {
          assert.ok(longestGap(ring, index) <= 2 * Math.ceil(total / one));
        });
      },
    ),
  );
});

test('takes no longer than its length asks', () => {
  const startedMs = performance.now();
  weightedRing(Array.from({ length: 5_000 }, (_, n) => (n * 7_919) % 65_536));
  assert.ok(performance.now() - startedMs < 500);
});

/** RFC 2782's "very small chance" of weight 0 is a hundredth of the smallest other weight. */
function meantWeights(weights: readonly number[]): number[] {
  const positive = weights.filter((one) => one > 0);
  const least = Math.min(...positive);
  const zeros = weights.length - positive.length;
  return weights.map((one) => (least === Infinity ? 1 : one || least / 100 / zeros));
}

function countTurns(ring: Uint32Array, members: number): number[] {
  const turns = Array.from({ length: members }, () => 0);
  for (const index of ring) turns[index] = (turns[index] ?? 0) + 1;
  return turns;
}

function longestGap(ring: Uint32Array, index: number): number {
  const twice = [...ring, ...ring];
  let last = -1;
  let longest = 0;
  twice.forEach((owner, place) => {
    if (owner !== index) return;
    if (last >= 0) longest = Math.max(longest, place - last);
    last = place;
  });
  return longest;
}

test.run();
