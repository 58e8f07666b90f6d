import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { outageMs, peakOverMean, runFleet, ttlMs } from './fleet.js';

const test = suite('fleet');
const windowMs = 10_000;

test('a fleet that boots at once looks evenly spread after the first TTL', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const { dnsQueries, memberLists } = await runFleet({ seed, gateways: 300, windowMs });
  const { fromMs, untilMs, endMs } = outageMs;
  const ratio = (counts: readonly number[], a: number, b: number): number =>
    peakOverMean(counts, windowMs, a, b);
  assert.ok(ratio(dnsQueries, ttlMs, fromMs) <= 2, 'DNS queries, until the outage');
  assert.ok(ratio(memberLists, ttlMs, endMs) <= 2, 'member lists, all the time');
  assert.ok(Math.max(...memberLists) > 0 && Math.max(...dnsQueries) > 0);
  console.log(`during the outage ${ratio(dnsQueries, fromMs, untilMs).toFixed(2)}`);
  console.log(`after it ${ratio(dnsQueries, untilMs, endMs).toFixed(2)}`);
});

test.run();
