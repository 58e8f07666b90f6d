import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { lineChart, type Point } from '../../../../scripts/bench/line-chart.js';

const test = suite('line charts of the bench');

const [left, right] = [70, 860 - 30];

function drawn(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
}

function chart(points: readonly Point[], isLogarithmic = false): string {
  const series = [{ name: 'memory', points }];
  return lineChart({ title: 'growth', xLabel: 'reloads', series, isLogarithmic });
}

test('begins both axes at zero', () => {
  const [[from, to] = []] = drawn(
    chart([
      [0, 0],
      [100, 50],
    ]),
  );
  assert.equal([from?.[0], to?.[0]], [left, right]);
  assert.is((from?.[1] ?? 0) - (to?.[1] ?? 0), 260);
});

test('puts factors at equal distances on a logarithmic axis', () => {
  const points: Point[] = [
    [10, 1],
    [100, 10],
    [1000, 100],
  ];
  const [line = []] = drawn(chart(points, true));
  const [a, b, c] = line.map(([x = 0]) => x);
  assert.is((b ?? 0) - (a ?? 0), (c ?? 0) - (b ?? 0));
});

test('leaves out what cannot be drawn', () => {
  const [line = []] = drawn(
    chart(
      [
        [1, 1],
        [2, NaN],
        [3, 0],
        [10, 10],
      ],
      true,
    ),
  );
  assert.is(line.length, 2);
});

test('draws an empty plot of nothing', () => {
  assert.not.match(chart([]), /NaN|Infinity/);
  assert.not.match(chart([], true), /NaN|Infinity/);
});

test.run();
