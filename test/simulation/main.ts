/**
 * `npm run simulate -- [--hours N] [--seed N]`: a control plane in a world of faults.
 * `npm run simulate -- fleet [--gateways N] [--seed N]`: the discoveries of many that boot at once.
 */
import { parseArgs } from 'node:util';

import { outageMs, peakOverMean, runFleet, ttlMs } from './fleet.js';
import { simulate } from './simulate.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gateways: { type: 'string', default: '1000' },
    hours: { type: 'string', default: '1000' },
    seed: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const startedMs = performance.now();
console.log(`seed ${seed}`);
if (positionals[0] === 'fleet') await showFleet(Number(values.gateways));
else console.log(await simulate({ seed, hours: Number(values.hours) }));
console.log(`${((performance.now() - startedMs) / 1000).toFixed(1)} s`);

async function showFleet(gateways: number): Promise<void> {
  const windowMs = 10_000;
  const report = await runFleet({ seed, gateways, windowMs });
  const { fromMs, untilMs, endMs } = outageMs;
  for (const what of ['dnsQueries', 'memberLists'] as const) {
    const counts = report[what];
    const over = (a: number, b: number): string => peakOverMean(counts, windowMs, a, b).toFixed(2);
    const parts = [over(ttlMs, fromMs), over(fromMs, untilMs), over(untilMs, endMs)];
    console.log(`${what}: steady ${parts[0]}, DNS silent ${parts[1]}, DNS back ${parts[2]}`);
  }
}
