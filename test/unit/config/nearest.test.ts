import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { editDistance, nearest } from '../../../src/config/nearest.js';

const test = suite('nearest');

const keys = ['listen-addr', 'endpoints', 'retry-delay', 'allow', 'deny'];

const guesses: readonly (readonly [word: string, key: string | undefined])[] = [
  ['listen-adr', 'listen-addr'],
  ['listenAddr', 'listen-addr'],
  ['listen_addr', 'listen-addr'],
  ['endpoint', 'endpoints'],
  ['edpoints', 'endpoints'],
  ['retry-dealy', 'retry-delay'],
  ['denny', 'deny'],
  ['completely-else', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
];

for (const [word, key] of guesses) {
  test(`takes ${word.slice(0, 20)} for ${key ?? 'nothing'}`, () => {
    assert.is(nearest(word, keys), key);
  });
}

test('counts insertions, removals, replacements and swaps of neighbours', () => {
  assert.is(editDistance('', ''), 0);
  assert.is(editDistance('abc', ''), 3);
  assert.is(editDistance('abc', 'abcd'), 1);
  assert.is(editDistance('abc', 'axc'), 1);
  assert.is(editDistance('abc', 'acb'), 1);
  assert.is(editDistance('kitten', 'sitting'), 3);
});

test.run();
