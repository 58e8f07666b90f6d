import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Slots } from '../../../src/model/slots.js';
import { settle } from '../../support/stepping-clock.js';

const test = suite('slots');

function recorder(slots: Slots): {
  started: string[];
  finish: Map<string, () => void>;
  start: (name: string, urgent?: boolean) => Promise<string>;
} {
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const start = (name: string, urgent = false): Promise<string> =>
    slots.run(() => {
      started.push(name);
      return new Promise((resolve) => finish.set(name, () => resolve(name)));
    }, urgent);
  return { started, finish, start };
}

test('runs no more tasks at a time than it has slots', async () => {
  const { started, finish, start } = recorder(new Slots(2));
  const all = ['a', 'b', 'c', 'd'].map((name) => start(name));
  await settle();
  assert.equal(started, ['a', 'b']);
  finish.get('b')?.();
  await settle();
  assert.equal(started, ['a', 'b', 'c']);
  finish.get('a')?.();
  finish.get('c')?.();
  await settle();
  finish.get('d')?.();
  assert.equal(await Promise.all(all), ['a', 'b', 'c', 'd']);
});

test('runs every task, never more than it may at a time, and passes failures on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.boolean()),
      async (limit, tasks) => {
        const slots = new Slots(limit);
        let running = 0;
        let peak = 0;
        const results = await Promise.allSettled(
          tasks.map((fails) =>
            slots.run(async () => {
              peak = Math.max(peak, ++running);
              await Promise.resolve();
              running -= 1;
              if (fails) throw new Error('failed');
            }),
          ),
        );
        assert.is(peak, Math.min(limit, tasks.length));
        assert.equal(
          results.map(({ status }) => status === 'rejected'),
          tasks,
        );
      },
    ),
  );
});

test('lets urgent tasks go before those that wait', async () => {
  const { started, finish, start } = recorder(new Slots(1));
  const all = [start('a'), start('b'), start('c', true)];
  for (const name of ['a', 'c', 'b']) {
    await settle();
    finish.get(name)?.();
  }
  await Promise.all(all);
  assert.equal(started, ['a', 'c', 'b']);
});

test('gives the slot of a failed task back', async () => {
  const slots = new Slots(1);
  const failed = slots.run(() => Promise.reject(new Error('broken')));
  const next = slots.run(() => Promise.resolve('fine'));
  assert.match(await failed.catch((error: unknown) => String(error)), 'broken');
  assert.is(await next, 'fine');
});

test.run();
