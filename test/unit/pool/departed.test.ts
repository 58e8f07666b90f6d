import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { UpstreamCounters } from '../../../src/model/views.js';
import { Departed } from '../../../src/pool/departed.js';
import { FakeClock } from '../../support/fake-clock.js';

const test = suite('departed');

const gone = (): boolean => false;
const back = (): boolean => true;

function counters(sessionsOpened: number): UpstreamCounters {
  const others = { bytesSent: 10, bytesReceived: 20, dialFailures: 0, ejections: 0 };
  return { sessionsOpened, sessionsClosed: { done: sessionsOpened }, ...others };
}

test('keeps the last counts of an endpoint for five minutes', () => {
  const clock = new FakeClock();
  const departed = new Departed(clock);
  departed.add('a:1', counters(3));
  clock.advance(299_000);
  assert.equal(departed.views(gone), [{ endpoint: 'a:1', counters: counters(3) }]);
  clock.advance(2_000);
  assert.equal(departed.views(gone), []);
});

test('keeps them on while the endpoint is back, as a counter must not shrink', () => {
  const clock = new FakeClock();
  const departed = new Departed(clock);
  departed.add('a:1', counters(3));
  clock.advance(3_600_000);
  assert.is(departed.views(back).length, 1);
});

test('adds up what an endpoint counts that goes twice', () => {
  const departed = new Departed(new FakeClock());
  departed.add('a:1', counters(3));
  departed.add('a:1', counters(4));
  const [view] = departed.views(gone);
  assert.equal(view?.counters, { ...counters(7), bytesSent: 20, bytesReceived: 40 });
});

test('forgets an endpoint that has never been used', () => {
  const departed = new Departed(new FakeClock());
  departed.add('a:1', counters(0));
  assert.equal(departed.views(gone), []);
});

test('keeps a thousand, the latest', () => {
  const departed = new Departed(new FakeClock());
  for (let index = 0; index < 1_010; index++) departed.add(`a:${index}`, counters(1));
  const views = departed.views(gone);
  assert.equal([views.length, views[0]?.endpoint], [1_000, 'a:10']);
});

test.run();
