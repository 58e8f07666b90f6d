import { MessageChannel } from 'node:worker_threads';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Channel, portOf, type Handlers } from '../../../src/data-path/channel.js';
import { GatewayError } from '../../../src/model/errors.js';
import { scoped, type Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';

const test = suite('data-path: channel');

interface Here {
  add(a: number, b: number): number;
  refuse(): void;
  wait(): Promise<string>;
  note(n: number): void;
}

function connected(scope: Scope, here: Partial<Handlers<Here>>): Channel<object, Here> {
  const { port1, port2 } = new MessageChannel();
  scope.defer(() => port1.close());
  const handlers: Handlers<Here> = {
    ...{ add: (a: number, b: number) => a + b, refuse: () => undefined },
    ...{ wait: () => Promise.resolve(''), note: () => undefined },
    ...here,
  };
  new Channel<Here, object>(portOf(port1), setImmediate, handlers);
  return new Channel<object, Here>(portOf(port2), setImmediate, {});
}

test(
  'a call has an answer, and a refusal is the same GatewayError on the other side',
  scoped(async (scope) => {
    const refusal = new GatewayError('no such address', { code: 'EADDRNOTAVAIL', side: 'system' });
    const there = connected(scope, {
      refuse: () => {
        throw refusal;
      },
    });
    assert.is(await there.call('add', [2, 3]), 5);
    const error: unknown = await there.call('refuse', []).catch((reason: unknown) => reason);
    assert.instance(error, GatewayError);
    const { message, code, side } = error as GatewayError;
    assert.equal([message, code, side], [refusal.message, refusal.code, refusal.side]);
  }),
);

test(
  'whoever gives up is told so, and the answer is still the one of the method',
  scoped(async (scope) => {
    const there = connected(scope, {
      wait: (signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('given up'))),
    });
    const abort = new AbortController();
    const answer = there.call('wait', [], abort.signal);
    abort.abort();
    assert.is(await answer, 'given up');
    assert.is(await there.call('wait', [], AbortSignal.abort()), 'given up');
  }),
);

test(
  'thousands of messages of one turn arrive in order, in several turns, and before what is called after them',
  scoped(async (scope) => {
    const noted: number[] = [];
    const there = connected(scope, { note: (n) => void noted.push(n) });
    const wanted = Array.from({ length: 5_000 }, (_, n) => n);
    for (const n of wanted) there.tell('note', n);
    await there.call('add', [1, 1]);
    assert.equal(noted, wanted);
    assert.not.ok(there.hasOutgoing);
  }),
);

test(
  'what takes long lets others come between',
  scoped(async (scope) => {
    let noted = 0;
    const busy = (): void => {
      const endMs = performance.now() + 2;
      while (performance.now() < endMs);
      noted += 1;
    };
    const there = connected(scope, { note: busy });
    for (let n = 0; n < 20; n += 1) there.tell('note', n);
    await until(() => noted > 0, { what: 'the first', everyMs: 0 });
    assert.ok(noted < 20, `${noted} in one turn`);
    await until(() => noted === 20, { what: 'the others' });
  }),
);

test.run();
