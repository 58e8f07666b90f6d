import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { quote } from '../../../src/model/quote.js';

const test = suite('quote');

test('quotes as JSON does', () => {
  assert.is(quote('plain'), '"plain"');
  assert.is(quote('a "b"\t'), '"a \\"b\\"\\t"');
});

test('leaves out what may be a password', () => {
  for (const [text, shown] of [
    ['https://root:pa/s@s@h:1', '"https://…@h:1"'],
    ['root:secret@h', '"…@h"'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '"…"'],
    ['-----BEGIN PRIVATE KEY----- MIIE', '"…"'],
    ['a\rb', '"…"'],
  ] as const) {
    assert.is(quote(text), shown);
  }
});

test('shows what would act on a terminal or turn the writing', () => {
  assert.is(quote('\u001B[2J\u009B\u202E'), '"\\u001b[2J\\u{9b}\\u{202e}"');
  assert.is(quote('a\u2028b\u2029'), '"a\\u{2028}b\\u{2029}"');
});

test('keeps any text on one short line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.not.match(quote(text), /[\p{C}\n\u2028\u2029]/u);
      assert.ok(quote(text).length < 900);
    }),
  );
});

test.run();
