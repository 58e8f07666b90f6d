import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Comparison } from '../../../../scripts/bench/comparison.js';
import { inTurn, interleave } from '../../../../scripts/bench/rounds.js';

const test = suite('samples side by side');

const samples = [
  { name: 'ours', ms: 3, cpu: 10 },
  { name: 'theirs', ms: 2, cpu: NaN },
  { name: 'ours', ms: 1, cpu: 30 },
];
const comparison = new Comparison(samples, [
  { title: 'time, ms', of: ({ ms }) => ms },
  { title: 'CPU', of: ({ cpu }) => cpu },
]);

test('makes a row of each quantity and a column of each name, in the order they came', () => {
  assert.equal(comparison.table().split('\n'), [
    '|  | ours | theirs |',
    '| --- | --: | --: |',
    '| time, ms | 2.00 (1.00…3.00) | 2.00 |',
    '| CPU | 20.0 (10.0…30.0) | – |',
  ]);
});

test('draws each quantity on a scale of its own, and a gap for what is not known', () => {
  const svg = comparison.chart('A & B');
  const bars = [...svg.matchAll(/<rect x="250" [^>]*width="([\d.]+)"/g)].map(([, w]) => Number(w));
  const full = 860 - 250 - 110;
  assert.equal(
    bars.map((bar) => Math.round((bar / full) * 3)),
    [2, 2, 2],
  );
  assert.match(svg, /A &amp; B/);
});

test('begins each round with another one', () => {
  assert.equal(inTurn(['a', 'b', 'c'], 1), ['a', 'b', 'c']);
  assert.equal(inTurn(['a', 'b', 'c'], 3), ['c', 'a', 'b']);
  assert.equal(inTurn(['a', 'b', 'c'], 4), ['a', 'b', 'c']);
});

test('works on each once a round, one after another', async () => {
  const done: string[] = [];
  await interleave(2, ['a', 'b'], (one, round) => {
    done.push(`${one}${round}`);
    return Promise.resolve();
  });
  assert.equal(done, ['a1', 'b1', 'b2', 'a2']);
});

test.run();
