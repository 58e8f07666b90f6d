import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';
import { formatProblem } from '../../../src/model/problem.js';

const test = suite('hostile files');

const mib = 1024 * 1024;
const longestAnswerMs = 1_000;
const deep = 'the nesting is deeper than 32 levels';
const tooMany = /^f:\d+:\d+: the file has more than 500000 YAML tokens/;

const files: readonly (readonly [
  name: string,
  text: string | Uint8Array,
  told: string | RegExp,
])[] = [
  ['aliases that explode', aliasBomb(), /^f:\d+:\d+: .* more than 150000 values, with aliases/],
  ['an alias inside of itself', 'a: &a [*a]', /is inside of what it stands for/],
  ['an alias with a control character', 'a: *b\u009b', /an alias, and this one has no anchor/],
  ['an alias of nothing', 'a: *b', /^f:1:4: a text that begins with "\*" is an alias/],
  ['20,000 nested sequences', '['.repeat(20_000), `f:1:33: ${deep}`],
  ['20,000 nested mappings', '{a: '.repeat(20_000), `f:1:129: ${deep}`],
  ['20,000 nested block sequences', '- '.repeat(20_000), `f:1:65: ${deep}`],
  ['20,000 nested block keys', '? '.repeat(20_000), `f:1:65: ${deep}`],
  ['20,000 nested block values', 'a: '.repeat(20_000), /deeper than/],
  ['nesting by indentation', indented((level) => `${' '.repeat(level)}a:\n`), /deeper than/],
  ['nesting by indentation, keys growing shorter', shrinking(), /deeper than/],
  [
    'nesting by indentation, sequences',
    indented((level) => `${' '.repeat(level)}-\n`),
    /deeper than/,
  ],
  ['binary data', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1), /^f:1:5: the file has a NUL byte/],
  ['UTF-16', Buffer.from('gateways: {}', 'utf16le'), /^f:1:2: the file has a NUL byte/],
  ['Latin-1', Buffer.from('a: 1\nb: caf\xe9\n', 'latin1'), /^f:2:7: the file is not UTF-8 text/],
  [
    '5 MB',
    'a'.repeat(5e6),
    'f:1:1: the file has more than 1048576 bytes (run several gateways with a file each)',
  ],
  [
    '__proto__',
    'gateways:\n  __proto__: {}\n',
    'f:2:3: gateways.__proto__: this cannot be a key (remove it)',
  ],
  ['constructor', '{ constructor: 1 }', 'f:1:3: constructor: this cannot be a key (remove it)'],
  ['several documents', 'a: 1\n---\nb: 2\n', /^f:2:1: not YAML: a second document begins here/],
  ['a million documents', filled('---\n'), tooMany],
  ['a million flow sequences', `[${filled('[],')}]`, tooMany],
  ['a million keys', filled('k: 1\n'), tooMany],
  ['a million anchors', filled('- &a x\n'), tooMany],
  ['a million tags', filled('!a '), tooMany],
  ['a million brackets', filled(']'), tooMany],
  ['a million quotes', filled('"'), tooMany],
  ['a million digits', `[${'9'.repeat(mib - 10)}]`, /no mapping/],
  ['a million blanks', ' '.repeat(mib), /the file is empty/],
  ['a million tabs', '\t'.repeat(mib), /a tab/],
  ['a million block scalars', filled('|\n'), /no mapping|not YAML/],
  ['one key of a megabyte', `${'k'.repeat(mib - 10)}: 1`, /not YAML/],
];

test('says the same of a file that is too long and of its part that was read', () => {
  const whole = Buffer.alloc(5 * mib, '#');
  assert.equal(parseConfig(whole, 'f'), parseConfig(whole.subarray(0, mib + 1), 'f'));
});

for (const [name, content, told] of files) {
  test(`answers ${name} shortly and within a second`, () => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { line, ms } = firstLine(bytes);
    if (typeof told === 'string') assert.is(line, told);
    else assert.match(line, told);
    assert.ok(line.length < 400, line);
    assert.ok(ms < longestAnswerMs, `${ms} ms`);
  });
}

test('never throws, whatever the bytes', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    ' ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&a ',
    '*a',
    '|',
    '>',
    '? ',
    '#',
    '!',
    '%',
    '---',
    '\t',
    'gateways',
    '0',
    '\u0000',
    '😀',
  );
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')));
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const { line } = firstLine(bytes);
      assert.match(line, /^f:\d+:\d+: /);
      assert.not.match(line, /[\p{Cc}\u2028\u2029]/u);
    }),
    { numRuns: 500 },
  );
});

function firstLine(bytes: Uint8Array): { line: string; ms: number } {
  const before = process.cpuUsage();
  const parsed = parseConfig(bytes, 'f');
  const { user } = process.cpuUsage(before); // a busy machine must not fail the test
  const ms = user / 1000;
  if (parsed.kind === 'config') throw new Error('a hostile file was accepted');
  const [first] = parsed.problems;
  if (first === undefined) throw new Error('an invalid file has no problem');
  return { line: formatProblem('f', first), ms };
}

function filled(piece: string): string {
  return piece.repeat(Math.floor((mib - 2) / piece.length));
}

function indented(line: (level: number) => string): string {
  return Array.from({ length: 1_000 }, (_, level) => line(level)).join('');
}

function shrinking(): string {
  const levels = 700;
  return indented((level) =>
    level < levels ? `${' '.repeat(level)}${'k'.repeat(levels - level)}:\n` : '',
  );
}

function aliasBomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  return names
    .map((name, at) => {
      const item = at === 0 ? 'x' : `*${names[at - 1] ?? ''}`;
      return `${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
    })
    .join('');
}

test.run();
