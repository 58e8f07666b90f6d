import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { EventOutbox } from '../../../src/data-path/event-outbox.js';
import type { GatewayEvent } from '../../../src/model/events.js';

const nobody = (): void => undefined;

const test = suite('data-path: event outbox');

const at = { gateway: 'main', endpoint: '10.0.0.1:2379' };
const dialed: GatewayEvent = { type: 'dial-connected', ...at, durationMs: 1 };
const undialed: GatewayEvent = {
  type: 'dial-failed',
  ...at,
  reason: 'ECONNREFUSED',
  durationMs: 1,
};
const down: GatewayEvent = {
  ...{ type: 'pool-down', gateway: 'main', reason: 'refused', isOffered: true },
};

test('while nobody takes them, events of sessions are dropped and counted, changes of state never', () => {
  const taken = new SharedArrayBuffer(4);
  const sent: GatewayEvent[] = [];
  const outbox = new EventOutbox((event) => sent.push(event), nobody, taken);
  for (let n = 0; n < 30_000; n += 1) outbox.observe(undialed);
  assert.is(sent.length, 20_000);
  outbox.observe(down);
  assert.equal(sent.at(-1), down);
  Atomics.store(new Int32Array(taken), 0, sent.length);
  outbox.observe(undialed);
  const [told, last] = sent.slice(-2);
  assert.equal(told?.type === 'notice' && told.fields, { events: 10_000 });
  assert.equal(last, undialed);
});

test('dials that connect are put together, and told one by one only for a log at debug', () => {
  const sent: GatewayEvent[] = [];
  const told: number[] = [];
  const taken = new SharedArrayBuffer(4);
  const tell = (_gateway: string, durations: Float64Array): void =>
    void told.push(durations.length);
  const outbox = new EventOutbox((event) => sent.push(event), tell, taken);
  for (let n = 0; n < 5_000; n += 1) outbox.observe(dialed);
  outbox.flush();
  outbox.flush();
  assert.equal(told, [4_096, 904]);
  assert.equal(sent, []);
  outbox.isDebug = true;
  outbox.observe(dialed);
  assert.equal(sent, [dialed]);
});

test.run();
