import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { EventOutbox } from '../../../src/data-path/event-outbox.js';
import type { GatewayEvent } from '../../../src/model/events.js';

const test = suite('data-path: event outbox');

const dialed: GatewayEvent = {
  ...{ type: 'dial-connected', gateway: 'main', endpoint: '10.0.0.1:2379', durationMs: 1 },
};
const down: GatewayEvent = {
  ...{ type: 'pool-down', gateway: 'main', reason: 'refused', isOffered: true },
};

test('while nobody takes them, events of sessions are dropped and counted, changes of state never', () => {
  const taken = new SharedArrayBuffer(4);
  const sent: GatewayEvent[] = [];
  const outbox = new EventOutbox((event) => sent.push(event), taken);
  for (let n = 0; n < 30_000; n += 1) outbox.observe(dialed);
  assert.is(sent.length, 20_000);
  outbox.observe(down);
  assert.equal(sent.at(-1), down);
  Atomics.store(new Int32Array(taken), 0, sent.length);
  outbox.observe(dialed);
  const [told, last] = sent.slice(-2);
  assert.equal(told?.type === 'notice' && told.fields, { events: 10_000 });
  assert.equal(last, dialed);
});

test.run();
