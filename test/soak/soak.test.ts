import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped } from '../support/scope.js';
import { describeTrends, judge } from './judge.js';
import { soak } from './soak.js';

const test = suite('soak');

test(
  'memory, descriptors, handles and the loop stay as they are under 5,000 sessions',
  scoped(
    async (scope) => {
      const report = await soak(scope, {
        sessions: 5_000,
        warmUpMs: 30_000,
        measuredMs: 150_000,
      });
      console.log(describeTrends(report).join('\n'));

      assert.equal(judge(report), []);
      assert.ok(report.reloads >= 10 && report.refused >= 2, `${report.reloads} reloads`);
      assert.ok(report.cuts >= 4 && report.refusals >= 4, `${report.cuts} cuts`);
      assert.ok(report.churned >= 1_000, `${report.churned} sessions came and went`);
      assert.ok(report.reopened >= 100, `${report.reopened} sessions were opened again`);
      assert.ok(report.bytesChecked > 10_000_000, `${report.bytesChecked} bytes were checked`);
      assert.ok(report.samples.gauges.every(({ sessions }) => sessions > 3_500));
    },
    { timeoutMs: 330_000 },
  ),
);

test.run();
