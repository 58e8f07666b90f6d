import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Hold } from '../../../src/dns/hold.js';

const test = suite('hold');

function hold(): Hold<string> {
  return new Hold<string>((item) => item);
}

test('of 0 ms keeps nothing', () => {
  const held = hold();
  held.answer(['a', 'b'], 0);
  held.answer(['b'], 10);
  assert.equal(held.items(10, 0), ['b']);
  assert.is(held.endsInMs(10, 0), undefined);
});

test('counts from the first answer that lacks it', () => {
  const held = hold();
  held.answer(['a', 'b'], 0);
  held.answer(['b'], 1_000);
  held.answer(['b'], 2_000);
  assert.equal(held.items(2_000, 5_000), ['b', 'a']);
  assert.is(held.endsInMs(2_000, 5_000), 4_000);
  assert.equal(held.items(5_999, 5_000), ['b', 'a']);
  assert.equal(held.items(6_000, 5_000), ['b']);
});

test('begins anew for what has been named again', () => {
  const held = hold();
  held.answer(['a', 'b'], 0);
  held.answer(['b'], 1_000);
  held.answer(['a', 'b'], 2_000);
  assert.is(held.endsInMs(2_000, 5_000), undefined);
  held.answer(['b'], 9_000);
  assert.equal(held.items(13_000, 5_000), ['b', 'a']);
});

test('keeps nothing that is refused, nor the last answer any shorter', () => {
  const held = hold();
  held.answer(['a', 'b'], 0);
  held.answer(['b'], 1_000, ['a']);
  assert.equal(held.items(1_000, 5_000), ['b']);
  assert.equal(held.items(1e9, 5_000), ['b']);
});

test.run();
