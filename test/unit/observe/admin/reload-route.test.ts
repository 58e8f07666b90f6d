import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Verdict } from '../../../../src/model/plan.js';
import { reloadReply } from '../../../../src/observe/admin/reload-route.js';
import { applied, rejected } from '../../../support/admin-backend.js';
import { FakeClock } from '../../../support/fake-clock.js';

const test = suite('reload over HTTP');

test('answers with the verdict, by whether it was taken, and leaves no timer behind', async () => {
  for (const [verdict, status] of [
    [applied, 200],
    [rejected, 422],
  ] as const) {
    const clock = new FakeClock();
    const reply = await reloadReply({ reload: () => Promise.resolve(verdict) }, clock);
    assert.is(reply.status, status);
    assert.equal(clock.delaysMs, []);
  }
});

test('says after 25 seconds that the reload is still under way', async () => {
  const clock = new FakeClock();
  const reply = reloadReply({ reload: () => new Promise<Verdict>(() => undefined) }, clock);
  assert.equal(clock.delaysMs, [25_000]);
  clock.advance(25_000);
  assert.is((await reply).status, 504);
});

test.run();
