import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { DialTimes } from '../../../../src/observe/metrics/dial-times.js';

const test = suite('dial times');

const name = 'etcd_gateway_dial_duration_seconds';

/** The value of a sample, by its labels as they are written. */
function sample(times: DialTimes, suffix: string): number | undefined {
  const line = times
    .render()
    .split('\n')
    .find((one) => one.startsWith(`${name}${suffix} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

test('counts a dial into all buckets that reach up to it, bounds included', () => {
  const times = new DialTimes();
  for (const ms of [0, 0.5, 0.6, 250, 2_500, 2_501]) times.observe('main', ms);
  for (const [bound, count] of [
    ['0.0005', 2],
    ['0.001', 3],
    ['0.1', 3],
    ['0.25', 4],
    ['2.5', 5],
    ['+Inf', 6],
  ] as const) {
    assert.is(sample(times, `_bucket{le="${bound}",gateway="main"}`), count, bound);
  }
  assert.is(sample(times, '_count{gateway="main"}'), 6);
  assert.ok(Math.abs((sample(times, '_sum{gateway="main"}') ?? 0) - 5.2521) < 1e-9);
});

test('never counts less in a higher bucket, and ends at the count', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true })), (durations) => {
      const times = new DialTimes();
      times.observe('main', 1);
      for (const ms of durations) times.observe('main', ms);
      const counts = [...times.render().matchAll(/_bucket\{[^}]*\} (\d+)/g)].map(([, n]) =>
        Number(n),
      );
      assert.equal(
        counts,
        [...counts].sort((one, other) => one - other),
      );
      assert.is(counts.at(-1), durations.length + 1);
    }),
  );
});

test('keeps gateways apart, escapes their names and forgets them', () => {
  const times = new DialTimes();
  times.observe('a"b', 1);
  times.observe('other', 1);
  assert.is(sample(times, '_count{gateway="a\\"b"}'), 1);
  times.forget('other');
  assert.is(sample(times, '_count{gateway="other"}'), undefined);
  assert.is(sample(times, '_count{gateway="a\\"b"}'), 1);
});

test.run();
