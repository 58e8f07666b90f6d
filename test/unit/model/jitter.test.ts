import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { jittered } from '../../../src/model/jitter.js';
import { Dice } from '../../simulation/dice.js';

const test = suite('jitter');

test('takes off a half at most, and never adds', () => {
  assert.is(
    jittered(60_000, () => 0),
    60_000,
  );
  assert.is(
    jittered(60_000, () => 0.5),
    45_000,
  );
  assert.ok(jittered(60_000, () => 0.999_999) > 30_000);
});

test('a fleet that began in one moment has lost step after one round', () => {
  const { random } = new Dice(1);
  const [gateways, roundMs, horizonMs, secondMs] = [10_000, 60_000, 600_000, 1_000];
  const bySecond = Array.from({ length: horizonMs / secondMs }, () => 0);
  for (let gateway = 0; gateway < gateways; gateway += 1) {
    for (
      let atMs = jittered(roundMs, random);
      atMs < horizonMs;
      atMs += jittered(roundMs, random)
    ) {
      const second = Math.floor(atMs / secondMs);
      bySecond[second] = (bySecond[second] ?? 0) + 1;
    }
  }
  const later = bySecond.slice(roundMs / secondMs);
  const mean = later.reduce((sum, count) => sum + count, 0) / later.length;
  const ratio = Math.max(...later) / mean;
  assert.ok(ratio > 1 && ratio <= 2, `peak over mean is ${ratio.toFixed(2)}`);
});

test.run();
