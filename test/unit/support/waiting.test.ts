import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Scope, scoped } from '../../support/scope.js';
import { Hopeless, until } from '../../support/until.js';

const test = suite('scopes and waiting');

test('closes what was opened, the last first, even after a failure', async () => {
  const scope = new Scope();
  const closed: string[] = [];
  scope.defer(() => closed.push('first'));
  scope.defer(() => {
    throw new Error('does not close');
  });
  scope.defer(() => closed.push('last'));
  const failures = await scope.close();
  assert.equal(closed, ['last', 'first']);
  assert.is(failures.length, 1);
});

test('tells of the error of the body before that of closing', async () => {
  const body = scoped(async (scope) => {
    scope.defer(() => Promise.reject(new Error('of closing')));
    await Promise.reject(new Error('of the body'));
  });
  assert.match(String(await failure(body())), 'of the body');
});

test('fails a body for what does not close', async () => {
  const body = scoped(async (scope) => {
    scope.defer(() => Promise.reject(new Error('of closing')));
  });
  assert.match(String(await failure(body())), 'of closing');
});

test('ends a body that does not end, and still closes', async () => {
  let closed = false;
  const body = scoped(
    async (scope) => {
      scope.defer(() => (closed = true));
      await new Promise(() => undefined);
    },
    { timeoutMs: 20 },
  );
  assert.match(String(await failure(body())), 'not finished after 20 ms');
  assert.ok(closed);
});

test('waits for a condition, and gives its value', async () => {
  let tries = 0;
  assert.is(await until(() => (++tries > 3 ? tries : undefined), { what: 'four tries' }), 4);
});

test('says what was waited for in vain, and why', async () => {
  const never = (): never => {
    throw new Error('not there');
  };
  const error = await failure(until(never, { what: 'the moon', timeoutMs: 30 }));
  assert.match(String(error), 'waited 30 ms in vain for the moon');
  assert.match(String((error as Error).cause), 'not there');
});

test('does not wait for what can never be', async () => {
  const hopeless = (): never => {
    throw new Hopeless('it has ended');
  };
  assert.match(String(await failure(until(hopeless, { what: 'it' }))), 'it has ended');
});

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.run();
