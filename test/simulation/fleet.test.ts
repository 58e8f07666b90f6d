import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { day, meanOf, peakOverMean, runFleet, ttlMs, unevenness } from './fleet.js';

const test = suite('fleet');
const windowMs = 20_000;

test('a fleet that boots at once stays evenly spread, whatever happens to its cluster', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const { counts, sessions } = await runFleet({ seed, gateways: 150, windowMs });
  const ratio = (name: string, fromMs: number, untilMs: number): number =>
    peakOverMean(counts[name] ?? [], windowMs, fromMs, untilMs);
  for (const name of ['DNS queries', 'member lists', 'health checks']) {
    const peak = ratio(name, ttlMs, day.endMs);
    assert.ok(peak > 0 && peak <= 2, `${name}: ${peak.toFixed(2)}`);
  }
  assert.ok(ratio('dials', ttlMs, day.deathMs) <= 2, 'dials, until a member dies');
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
