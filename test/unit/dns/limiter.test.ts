import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Limiter } from '../../../src/dns/limiter.js';

const test = suite('limiter');

test('runs every task, never more than it may at a time, and passes failures on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.boolean()),
      async (most, tasks) => {
        const limiter = new Limiter(most);
        let running = 0;
        let peak = 0;
        const results = await Promise.allSettled(
          tasks.map((fails) =>
            limiter.run(async () => {
              peak = Math.max(peak, ++running);
              await Promise.resolve();
              running -= 1;
              if (fails) throw new Error('failed');
            }),
          ),
        );
        assert.is(peak, Math.min(most, tasks.length));
        assert.equal(
          results.map(({ status }) => status === 'rejected'),
          tasks,
        );
      },
    ),
  );
});

test('begins waiting tasks in order', async () => {
  const limiter = new Limiter(1);
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3].map((each) => limiter.run(() => Promise.resolve(void order.push(each)))),
  );
  assert.equal(order, [1, 2, 3]);
});

test.run();
