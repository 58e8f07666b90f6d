import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { trend, type Series } from './trend.js';

const test = suite('trend');

/** Two minutes, a sample every two seconds. */
function series(value: (index: number) => number): Series {
  return Array.from({ length: 60 }, (_, index) => ({ atMs: index * 2_000, value: value(index) }));
}

/** The same each time, and as uneven as a heap: a saw tooth of 30 %. */
function sawTooth(index: number): number {
  return 100 + ((index * 7) % 13) * 2.5;
}

test('a figure that never moves has not grown', () => {
  assert.equal(trend(series(() => 7)), { median: 7, growth: 0, surely: 0 });
});

test('a saw tooth has not surely grown', () => {
  assert.ok(trend(series(sawTooth)).surely <= 0);
});

test('a leak below a saw tooth has surely grown', () => {
  const { growth, surely } = trend(series((index) => sawTooth(index) + index));
  assert.ok(surely > 40 && surely < growth, `${surely} of ${growth}`);
  assert.ok(Math.abs(growth - 59) < 8, `${growth}`);
});

test('a few outliers do not make a trend', () => {
  assert.equal(trend(series((index) => (index > 56 ? 1_000 : 5))).growth, 0);
});

test('what shrinks has a negative growth', () => {
  assert.ok(trend(series((index) => 1_000 - index)).growth < -55);
});

test('a long series is judged by the medians of its blocks', () => {
  const long = Array.from({ length: 3_600 }, (_, index) => ({ atMs: index * 1_000, value: index }));
  assert.ok(Math.abs(trend(long).growth - 3_599) < 1);
});

test('too few samples are refused', () => {
  assert.throws(() => trend(series(() => 1).slice(0, 9)), /9 samples show no trend/);
});

test.run();
