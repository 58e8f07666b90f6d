import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { HandshakeRate } from '../../../src/sources/handshake-rate.js';
import { SteppingClock } from '../../support/stepping-clock.js';

const test = suite('rate of handshakes');

function turn(rate: HandshakeRate): Promise<void> {
  return rate.turn(new AbortController().signal);
}

/** When each of so many begins that ask now, until all have begun. */
async function begin(clock: SteppingClock, rate: HandshakeRate, count: number): Promise<number[]> {
  const startedMs = clock.nowMs();
  const begun: number[] = [];
  for (let index = 0; index < count; index += 1) {
    void turn(rate).then(() => begun.push(clock.nowMs() - startedMs));
  }
  await clock.run(0);
  while (begun.length < count) await clock.run(100);
  return begun;
}

test('a burst begins at once, further ones ten in a second', async () => {
  const clock = new SteppingClock();
  const rate = new HandshakeRate(clock);
  const begun = await begin(clock, rate, 36);
  assert.is(begun.filter((atMs) => atMs === 0).length, 16);
  assert.equal(
    begun.slice(16),
    Array.from({ length: 20 }, (_, n) => (n + 1) * 100),
  );
  await clock.run(500);
  assert.is((await begin(clock, rate, 7)).filter((atMs) => atMs === 0).length, 5);
  await clock.run(60_000);
  assert.is((await begin(clock, rate, 20)).filter((atMs) => atMs === 0).length, 16);
});

test('whoever is given up waits no longer', async () => {
  const clock = new SteppingClock();
  const rate = new HandshakeRate(clock);
  await begin(clock, rate, 16);
  const asked = new AbortController();
  const waiting = rate.turn(asked.signal).then(() => 'begun', String);
  asked.abort(new Error('enough'));
  assert.is(await waiting, 'Error: enough');
  assert.is(await rate.turn(asked.signal).catch(String), 'Error: enough');
});

test.run();
