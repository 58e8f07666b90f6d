import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { day, meanOf, runFleet, ttlMs, unevenness } from './fleet.js';

const test = suite('fleet');
const windowMs = 1_000;

/** Twice the mean, and six standard deviations of what chance adds to so few. */
function most(mean: number): number {
  return 2 * mean + 6 * Math.sqrt(2 * mean);
}

test('a fleet that boots at once stays evenly spread, whatever happens to its cluster', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const { counts, sessions } = await runFleet({ seed, gateways: 150, windowMs });
  const between = (name: string, fromMs: number, untilMs: number): readonly number[] =>
    (counts[name] ?? []).slice(fromMs / windowMs, untilMs / windowMs);
  const check = (name: string, fromMs: number, untilMs: number): void => {
    const mean = meanOf(between(name, ttlMs, day.dnsSilentMs));
    const peak = Math.max(...between(name, fromMs, untilMs));
    assert.ok(mean > 0 && peak <= most(mean), `${name}: ${peak} in a second, mean ${mean}`);
  };
  for (const name of ['DNS queries', 'member lists', 'health checks']) {
    check(name, ttlMs, day.endMs);
  }
  check('dials', ttlMs, day.deathMs);
  check('dials', day.returnMs, day.endMs);
  const at = (ms: number): readonly number[] => sessions[ms / windowMs - 1] ?? [];
  const uneven = [
    unevenness(at(day.dnsSilentMs).slice(0, 3)),
    unevenness(at(day.srvChangesMs).slice(0, 3)),
    unevenness(at(day.endMs).slice(1)),
  ];
  assert.ok(Math.max(...uneven) < 0.25, `sessions are uneven: ${uneven.join(', ')}`);
  assert.ok(meanOf(counts['tries of ejected members'] ?? []) > 0);
});

test.run();
