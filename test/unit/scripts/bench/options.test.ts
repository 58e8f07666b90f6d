import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseOptions, suiteNames } from '../../../../scripts/bench/options.js';

const test = suite('options of the bench');

test('runs everything and writes the pages unless told otherwise', () => {
  const options = parseOptions([]);
  assert.equal(options.suites, suiteNames);
  assert.is(options.write, true);
});

test('writes nothing that a narrowed or quick run has measured, unless told to', () => {
  assert.is(parseOptions(['relay', '--only', 'ours']).write, false);
  assert.is(parseOptions(['relay', '--debian', 'sid']).write, false);
  assert.is(parseOptions(['--quick']).write, false);
  assert.is(parseOptions(['--quick', '--write']).write, true);
});

test('takes a quick look at two suites', () => {
  assert.equal(parseOptions(['--quick']).suites, ['relay', 'startup']);
  assert.equal(parseOptions(['scale', '--quick']).suites, ['scale']);
});

test('names what it does not know, and what it does', () => {
  assert.throws(() => parseOptions(['speed']), /no suite "speed" \(relay, reload/);
  assert.throws(() => parseOptions(['--load', 'huge']), /no workload "huge" \(small/);
  assert.throws(() => parseOptions(['--debian', '../sid']), /is no suite of Debian/);
  assert.throws(() => parseOptions(['--rounds', '0']), /"0" is not a positive number/);
});

test.run();
