/**
 * `npm run simulate -- [--hours N] [--seed N]`: a control plane in a world of faults.
 * `npm run simulate -- fleet [--gateways N] [--seed N] [--write]`: many gateways that boot at once;
 * `--write` writes plots and figures to docs/reliability.
 */
import { parseArgs } from 'node:util';

import { runFleet } from './fleet.js';
import { fleetTables, writeFleet } from './fleet-report.js';
import { simulate } from './simulate.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gateways: { type: 'string', default: '1000' },
    hours: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const startedMs = performance.now();
console.log(`seed ${seed}`);
if (positionals[0] === 'fleet') await showFleet(Number(values.gateways));
else console.log(await simulate({ seed, hours: Number(values.hours) }));
console.log(`${((performance.now() - startedMs) / 1000).toFixed(1)} s`);

async function showFleet(gateways: number): Promise<void> {
  const options = { seed, gateways, windowMs: 1_000 };
  const report = await runFleet(options);
  console.log(fleetTables(report, options));
  if (values.write) writeFleet(report, options);
}
