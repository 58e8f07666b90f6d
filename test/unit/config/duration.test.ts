import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseDuration } from '../../../src/config/duration.js';
import { formatDuration } from '../../../src/model/duration.js';

const test = suite('duration');

const read: readonly (readonly [text: string, ms: number])[] = [
  ['0', 0],
  ['+0', 0],
  ['0s', 0],
  ['1ns', 1e-6],
  ['1us', 1e-3],
  ['1µs', 1e-3],
  ['1μs', 1e-3],
  ['500ms', 500],
  ['1s', 1_000],
  ['+5s', 5_000],
  ['1m0s', 60_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['.5s', 500],
  ['1.s', 1_000],
  ['1h1m1s1ms', 3_661_001],
  ['30m1h', 5_400_000],
  ['480h', 1_728_000_000],
];

for (const [text, ms] of read) {
  test(`reads ${text} as Go does`, () => {
    assert.equal(parseDuration(text), { ok: true, value: ms });
  });
}

const wanted = 'write a duration with a unit, as 500ms, 10s or 1m30s';
const refused: readonly (readonly [text: string, problem: string, hint: string])[] = [
  ['', 'the duration is empty', wanted],
  ['5', '"5" has no unit', 'write 5s'],
  ['1.5', '"1.5" has no unit', 'write 1.5s'],
  ['-1s', '"-1s" is negative', 'write 1s'],
  ['-', '"-" is negative', wanted],
  ['1d', '"1d" is in days', 'write 24h'],
  ['2days', '"2days" is in days', 'write 48h'],
  ['1w', '"w" in "1w" is not a unit of time', 'the units are ns, us, ms, s, m and h'],
  ['1S', '"S" in "1S" is not a unit of time', 'the units are ns, us, ms, s, m and h'],
  [
    '1toString',
    '"toString" in "1toString" is not a unit of time',
    'the units are ns, us, ms, s, m and h',
  ],
  ['1 s', '"1 s" is not a duration', wanted],
  ['s', '"s" is not a duration', wanted],
  ['.s', '".s" is not a duration', wanted],
  ['1s2', '"1s2" is not a duration', wanted],
  ['1s-2s', '"1s-2s" is not a duration', wanted],
  ['++1s', '"++1s" is not a duration', wanted],
  ['481h', '"481h" is too long', 'write 480h0m0s or less'],
];

for (const [text, problem, hint] of refused) {
  test(`refuses ${JSON.stringify(text)} with a remedy`, () => {
    assert.equal(parseDuration(text), { ok: false, problem, hint });
  });
}

const printed: readonly (readonly [ms: number, text: string])[] = [
  [0, '0s'],
  [1e-6, '1ns'],
  [0.0015, '1.5µs'],
  [250, '250ms'],
  [1.5, '1.5ms'],
  [1_500, '1.5s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
  [3_661_001, '1h1m1.001s'],
];

for (const [ms, text] of printed) {
  test(`prints ${text} as Go does`, () => assert.is(formatDuration(ms), text));
}

test('reads back every duration that it prints, to the nanosecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 480 * 3600e9 }), (ns) => {
      const parsed = parseDuration(formatDuration(ns / 1e6));
      assert.ok(parsed.ok && Math.round(parsed.value * 1e6) === ns, formatDuration(ns / 1e6));
    }),
  );
});

test('never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.smhdnu+-]*$/)), (text) => {
      const parsed = parseDuration(text);
      assert.ok(!parsed.ok || (parsed.value >= 0 && Number.isFinite(parsed.value)));
    }),
  );
});

test.run();
