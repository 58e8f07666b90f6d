import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { barChart } from '../../../../scripts/bench/plot.js';
import { spread } from '../../../../scripts/bench/statistics.js';

const test = suite('plots of the bench');

const plotWidth = 860 - 250 - 110;

function barWidths(svg: string): number[] {
  return [...svg.matchAll(/<rect x="250" [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
}

test('shares one scale among the groups unless told otherwise', () => {
  const svg = barChart({
    title: 'ratio',
    groups: ['one', 'two'],
    series: [{ name: 'ours', values: [spread([1]), spread([4])] }],
  });
  assert.equal(barWidths(svg), [plotWidth / 4, plotWidth]);
});

test('draws a bar for zero and below without a length', () => {
  const svg = barChart({
    title: 'memory',
    groups: ['extra'],
    series: [
      { name: 'a', values: [spread([-3])] },
      { name: 'b', values: [spread([0])] },
    ],
  });
  assert.equal(barWidths(svg), [0, 0]);
  assert.not.match(svg, /NaN|Infinity/);
});

test('makes room for long names in the legend', () => {
  const names = [
    'etcd-gateway-go, restart',
    'haproxy, master-worker',
    'ours, saved',
    'a',
    'b',
    'c',
  ];
  const svg = barChart({
    title: 'names',
    groups: ['one'],
    series: names.map((name) => ({ name, values: [spread([1])] })),
  });
  const boxes = [...svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="11"/g)];
  const places = boxes.map(([, x, y]) => [Number(x), Number(y)] as const);
  assert.is(places.length, names.length);
  assert.ok(places.every(([x]) => x + 16 + 24 * 6.6 <= 860));
  assert.is(new Set(places.map(([, y]) => y)).size, 2);
});

test.run();
