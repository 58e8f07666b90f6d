import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ToldOnce } from '../../../../src/observe/log/told.js';

const test = suite('log: what has been told');

test('is news once, until it differs or is forgotten', () => {
  const told = new ToldOnce();
  assert.ok(told.isNews('a', 'down'));
  assert.not(told.isNews('a', 'down'));
  assert.ok(told.isNews('a', 'refused'));
  assert.ok(told.isNews('a', 'down'));
  assert.ok(told.forget('a'));
  assert.not(told.forget('a'));
  assert.ok(told.isNews('a', 'down'));
});

test('forgets all that begins with a prefix, and nothing else', () => {
  const told = new ToldOnce();
  for (const key of ['source main srv', 'source main srv a:1', 'source mainly srv']) {
    told.isNews(key, 'down');
  }
  told.forgetAll('source main ');
  assert.ok(told.isNews('source main srv', 'down'));
  assert.ok(told.isNews('source main srv a:1', 'down'));
  assert.not(told.isNews('source mainly srv', 'down'));
});

test('forgets the oldest when it has too much to remember', () => {
  const told = new ToldOnce();
  for (let i = 0; i <= 10_000; i += 1) told.isNews(`key ${i}`, 'down');
  assert.not(told.isNews('key 1', 'down'));
  assert.not(told.isNews('key 10000', 'down'));
  assert.ok(told.isNews('key 0', 'down'));
});

test.run();
