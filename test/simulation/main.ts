/** `npm run simulate -- [--hours N] [--seed N]`: a control plane in a world of faults. */
import { parseArgs } from 'node:util';

import { simulate } from './simulate.js';

const { values } = parseArgs({
  options: { hours: { type: 'string', default: '1000' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const hours = Number(values.hours);
const startedMs = performance.now();
console.log(`seed ${seed}, ${hours} hours`);
const report = await simulate({ seed, hours });
console.log(report, `${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
