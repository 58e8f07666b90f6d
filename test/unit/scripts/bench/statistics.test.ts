import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  formatNumber,
  formatSpread,
  p99,
  quantile,
  slope,
  spread,
} from '../../../../scripts/bench/statistics.js';

const test = suite('statistics of the bench');

test('takes the middle, the least and the most', () => {
  assert.equal(spread([5, 1, 3]), { median: 3, least: 1, most: 5 });
  assert.equal(spread([4, 2]), { median: 3, least: 2, most: 4 });
});

test('knows nothing of no measurements', () => {
  const none = spread([]);
  assert.ok([none.median, none.least, none.most].every(Number.isNaN));
  assert.equal(formatSpread(none), '–');
});

test('interpolates between neighbours', () => {
  assert.is(quantile([0, 10], 0.25), 2.5);
  assert.is(quantile([7], 0.99), 7);
  assert.is(p99([100, ...Array.from({ length: 99 }, () => 1)]).toFixed(2), '1.99');
});

test('keeps every quantile between the least and the most', () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (unsorted, share) => {
      const sorted = [...unsorted].sort((a, b) => a - b);
      const value = quantile(sorted, share);
      const { least, most } = spread(unsorted);
      return value >= least && value <= most;
    }),
  );
});

test('finds the slope of any straight line', () => {
  const whole = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(whole, whole, (rise, start) => {
      const points = [0, 1, 2, 5].map((x) => [x, start + rise * x] as const);
      return Math.abs(slope(points) - rise) < 1e-9;
    }),
  );
});

test('finds no slope in a single point', () => {
  assert.ok(Number.isNaN(slope([[1, 2]])));
});

test('shows a few significant digits, below zero too', () => {
  assert.equal([1.234, 12.34, 1234.5, -3.14159, -250.4, NaN].map(formatNumber), [
    '1.23',
    '12.3',
    '1,235',
    '-3.14',
    '-250',
    '–',
  ]);
});

test('shows the spread only where there is one', () => {
  assert.is(formatSpread({ median: 2, least: 2, most: 2 }), '2.00');
  assert.is(formatSpread({ median: 2, least: 1, most: 3 }), '2.00 (1.00…3.00)');
});

test.run();
