import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../../src/model/clock.js';

const test = suite('clock');

/** Nothing in this process runs meanwhile, as when it is stopped or has no processor. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('calls once, after the delay, and not when cancelled', async () => {
  const begin = systemClock.nowMs();
  let calls = 0;
  systemClock.setTimer(20, () => (calls += 1));
  systemClock.setTimer(10, () => assert.unreachable('it was cancelled')).cancel();
  await sleep(200);
  assert.is(calls, 1);
  assert.ok(systemClock.nowMs() - begin >= 20);
});

/** Two ends of a connection within this process. */
async function withConnection(use: (one: Socket, other: Socket) => Promise<void>): Promise<void> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const one = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[other]] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    once(one, 'connect'),
  ]);
  try {
    await use(one, other);
  } finally {
    one.destroy();
    other.destroy();
    server.close();
  }
}

test('what came in while the process was held up is read before a late timer calls', () =>
  withConnection(async (one, other) => {
    const order: string[] = [];
    one.on('data', (bytes: Buffer) => order.push(bytes.toString()));
    const isOver = new Promise<void>((resolve) => {
      systemClock.setTimer(300, () => resolve(void order.push('time is over')));
    });
    other.write('in time');
    holdUp(600);
    await isOver;
    assert.equal(order, ['in time', 'time is over']);
  }));

test('what came in can still cancel a late timer', () =>
  withConnection(async (one, other) => {
    const timer = systemClock.setTimer(300, () => assert.unreachable('it was cancelled'));
    one.once('data', () => timer.cancel());
    other.write('in time');
    holdUp(600);
    await once(one, 'data');
    await sleep(50);
  }));

test.run();
