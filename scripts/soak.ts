/**
 * `npm run soak -- [--minutes 60] [--sessions 5000]`: the long form of `test/soak`. Warms up for
 * ten minutes, at most as long as it measures, then prints a line a minute. Exit 1: something grew, or a session ended that should not have.
 */
import { parseArgs } from 'node:util';

import { describeTrends, judge } from '../test/soak/judge.js';
import { soak } from '../test/soak/soak.js';
import { Scope } from '../test/support/scope.js';

/** What a line shows. */
const gauges = ['residentMib', 'heapMib', 'otherFds', 'cpuSeconds', 'loopDelayMs'] as const;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      sessions: { type: 'string', default: '5000' },
    },
  });
  const scope = new Scope();
  try {
    const problems = await run(scope, positive(values.minutes), positive(values.sessions));
    for (const problem of problems) console.log(`FAIL ${problem}`);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } finally {
    for (const failure of await scope.close()) console.error('closing failed:', failure);
  }
}

async function run(scope: Scope, minutes: number, sessions: number): Promise<string[]> {
  let samples = 0;
  const report = await soak(scope, {
    sessions,
    warmUpMs: Math.min(10, minutes) * 60_000,
    measuredMs: minutes * 60_000,
    onSample: (sample, crowd) => {
      if (samples++ % 30 > 0) return;
      const values = gauges.map((gauge) => `${gauge} ${sample[gauge].toFixed(1)}`);
      console.log(`sessions ${sample.sessions}, ${values.join(', ')}, churned ${crowd.churned}`);
    },
  });
  for (const line of describeTrends(report)) console.log(line);
  const { reloads, refused, cuts, refusals, churned, reopened, bytesChecked } = report;
  console.log(
    `${reloads} reloads, ${refused} files refused, ${cuts} endpoints cut off, ` +
      `${refusals} refusing; ${churned} sessions came and went, ${reopened} were opened again, ` +
      `${(bytesChecked / 1e6).toFixed(0)} MB checked`,
  );
  return judge(report);
}

/** @throws TypeError for anything but a number above 0. */
function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`${text} is no number above 0`);
  return value;
}

await main();
