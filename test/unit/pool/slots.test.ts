import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Slots } from '../../../src/pool/slots.js';
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
