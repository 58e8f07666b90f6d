import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { perfCells } from '../../../../scripts/bench/etcd-perf.js';

const test = suite('what etcdctl check perf prints');

test('is read where all is well', () => {
  const output =
    ' 60 / 60 Boooooo! 100.00% 1m0s\nPASS: Throughput is 150 writes/s\nPASS: Slowest request took 0.087509s\nPASS: Stddev is 0.002304s\nPASS\n';
  assert.equal(perfCells(output), ['PASS', '150 writes/s', '0.087509s', '0.002304s']);
});

test('is read where a target was missed', () => {
  const output =
    'FAIL: Throughput too low: 100 writes/s\nSlowest request took too long: 1.157115s\nStddev too high: 0.190833s\nFAIL\n';
  assert.equal(perfCells(output), ['FAIL', '100 writes/s', '1.157115s', '0.190833s']);
});

test('leaves gaps where the command said something else', () => {
  assert.equal(perfCells('Error: context deadline exceeded'), ['–', '–', '–', '–']);
});

test.run();
