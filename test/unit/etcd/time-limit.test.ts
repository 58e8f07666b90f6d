import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withTimeLimit } from '../../../src/etcd/time-limit.js';
import { SteppingClock } from '../../support/stepping-clock.js';

const test = suite('time limit');

const never = (): Promise<never> => new Promise(() => undefined);
const messageOf = (error: unknown): string => (error as Error).message;

test('gives the result and leaves no timer', async () => {
  const clock = new SteppingClock();
  const { signal } = new AbortController();
  assert.is(await withTimeLimit(clock, 100, signal, () => Promise.resolve(7)), 7);
  assert.equal(clock.delaysMs, []);
});

test('ends after the limit even if the work does not', async () => {
  const clock = new SteppingClock();
  const { signal } = new AbortController();
  const result = withTimeLimit(clock, 100, signal, never).catch(messageOf);
  await clock.run(100);
  assert.is(await result, 'no answer within 100 ms');
});

test('tells the work that its time is over', async () => {
  const clock = new SteppingClock();
  let seen: AbortSignal | undefined;
  const result = withTimeLimit(clock, 100, new AbortController().signal, (signal) => {
    seen = signal;
    return never();
  }).catch(messageOf);
  await clock.run(100);
  await result;
  assert.ok(seen?.aborted);
});

test('ends with the owner, for the reason that the owner has', async () => {
  const clock = new SteppingClock();
  const owner = new AbortController();
  const result = withTimeLimit(clock, 100, owner.signal, never).catch(messageOf);
  owner.abort(new Error('going home'));
  assert.is(await result, 'going home');
  assert.equal(clock.delaysMs, []);
});

test('does not begin when the owner is gone already', async () => {
  const owner = new AbortController();
  owner.abort(new Error('gone'));
  let begun = false;
  const result = withTimeLimit(new SteppingClock(), 100, owner.signal, () => {
    begun = true;
    return never();
  });
  assert.is(await result.catch(messageOf), 'gone');
  assert.not.ok(begun);
});

test.run();
