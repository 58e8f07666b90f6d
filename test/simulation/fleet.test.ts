import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { outageMs, peakOverMean, runFleet, ttlMs } from './fleet.js';

const test = suite('fleet');
const windowMs = 10_000;

test('a fleet that boots at once looks evenly spread after the first TTL', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const { dnsQueries, memberLists } = await runFleet({ seed, gateways: 300, windowMs });
  const { endMs } = outageMs;
  const ratio = (counts: readonly number[], a: number, b: number): number =>
    peakOverMean(counts, windowMs, a, b);
  assert.ok(
    ratio(dnsQueries, ttlMs, endMs) <= 2,
    'DNS queries, also while it is down and when it is back',
  );
  assert.ok(ratio(memberLists, ttlMs, endMs) <= 2, 'member lists');
  assert.ok(Math.max(...memberLists) > 0 && Math.max(...dnsQueries) > 0);
});

test.run();
