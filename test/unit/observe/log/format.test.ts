import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Fields } from '../../../../src/model/events.js';
import { formatJson, formatText, type LogRecord } from '../../../../src/observe/log/format.js';

const test = suite('log: formats');

const timeMs = Date.UTC(2026, 0, 2, 15, 4, 5, 123);

function record(fields: Fields, message = 'endpoint back in rotation'): LogRecord {
  return { timeMs, level: 'info', message, fields };
}

const texts: readonly (readonly [string, unknown, string])[] = [
  ['a plain word', 'main', ' key=main'],
  ['two words', 'two words', ' key="two words"'],
  ['nothing', '', ' key=""'],
  ['quotes and equals signs', 'a="b"', ' key="a=\\"b\\""'],
  ['an end of line', 'a\nerror b', ' key="a\\nerror b"'],
  ['a terminal sequence', '\u001b[2Ja\u009b', ' key="\\u001b[2Ja\\u009b"'],
  ['letters that turn text round', '\u202Eabc', ' key="\\u202eabc"'],
  ['a number', 1.5, ' key=1.5'],
  ['what is not a number', NaN, ' key=NaN'],
  ['a big number', 2n ** 64n, ' key=18446744073709551616'],
  ['a truth', true, ' key=true'],
  ['null', null, ' key=null'],
  ['undefined', undefined, ''],
  ['a list', ['a:1', 'b:2'], ' key=a:1,b:2'],
  ['an empty list', [], ' key=[]'],
  ['an object', { a: ['b'] }, ' key="{\\"a\\":[\\"b\\"]}"'],
  [
    'an error and its cause',
    new Error('cannot bind', { cause: new Error('busy') }),
    ' key="cannot bind: busy"',
  ],
];

for (const [what, value, expected] of texts) {
  test(`writes ${what} as text`, () => {
    const line = formatText(record({ key: value }));
    assert.is(line, `2026-01-02T15:04:05.123Z info  endpoint back in rotation${expected}`);
  });
}

test('puts each problem on a line of its own in text', () => {
  const problems = ['gw.yaml:3:5: a: is wrong (write b)', 'gw.yaml:4:1: c: is\nwrong'];
  assert.equal(formatText(record({ source: 'gw.yaml', problems }, 'refused')).split('\n'), [
    '2026-01-02T15:04:05.123Z info  refused source=gw.yaml',
    '  gw.yaml:3:5: a: is wrong (write b)',
    '  gw.yaml:4:1: c: is\\u000awrong',
  ]);
});

test('writes JSON with time, level and message first', () => {
  assert.is(
    formatJson(record({ gateway: 'main', endpoints: ['a:1'], retryInMs: 5 })),
    '{"time":"2026-01-02T15:04:05.123Z","level":"info","message":"endpoint back in rotation",' +
      '"gateway":"main","endpoints":["a:1"],"retryInMs":5}',
  );
});

test('lets no field take the place of time, level or message', () => {
  const line: unknown = JSON.parse(formatJson(record({ message: 'x', level: 'error', time: 0 })));
  assert.equal(line, {
    time: '2026-01-02T15:04:05.123Z',
    level: 'info',
    message: 'endpoint back in rotation',
    message_: 'x',
    level_: 'error',
    time_: 0,
  });
});

test('cuts what is too long, and says how much is missing', () => {
  const long = formatJson(
    record({ a: 'x'.repeat(5_000), b: Array.from({ length: 5_000 }, String) }),
  );
  assert.ok(long.length < 6_000);
  assert.match(long, '… 904 more characters');
  assert.match(long, '"… and 4,980 more"');
});

test('writes any depth, and circles', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.match(formatJson(record({ circle })), '…');
});

const anyText = fc.string({ unit: 'binary' });
const anyFields = fc.dictionary(anyText, fc.oneof(anyText, fc.anything()));

test('writes one line that holds no control character, whatever it is given', () => {
  fc.assert(
    fc.property(anyText, anyFields, (message, fields) => {
      const lines = [formatJson(record(fields, message))];
      if (!Array.isArray(fields.problems)) lines.push(formatText(record(fields, message)));
      for (const line of lines) assert.not.match(line, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u);
    }),
  );
});

test('writes JSON that reads back as what it was given', () => {
  fc.assert(
    fc.property(anyText, anyText, (message, value) => {
      const line = JSON.parse(formatJson(record({ value }, message))) as Fields;
      assert.is(line.message, message);
      assert.is(line.value, value);
    }),
  );
});

test.run();
