import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseListenAddress } from '../../../src/model/address.js';
import { LoopGuard } from '../../../src/proxy/loop-guard.js';
import { addressOf } from '../../support/desired.js';
import { FakeClock } from '../../support/fake-clock.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('loop guard');

function guardOf(...listeners: readonly string[]): LoopGuard {
  const guard = new LoopGuard(new FakeClock());
  guard.listenersChanged(
    listeners.map((text) => {
      const parsed = parseListenAddress(text);
      if (!parsed.ok) throw new Error(parsed.problem);
      return parsed.value;
    }),
  );
  return guard;
}

const own = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
  .map(({ address, family }) => (family === 'IPv6' ? `[${address}]:2379` : `${address}:2379`));

const cases: readonly (readonly [listener: string, own: string[], others: string[]])[] = [
  ['127.0.0.1:2379', ['127.0.0.1:2379'], ['127.0.0.2:2379', '127.0.0.1:2380', '[::1]:2379']],
  ['10.1.1.1:2379', ['10.1.1.1:2379', '[::ffff:10.1.1.1]:2379'], ['127.0.0.1:2379']],
  [':2379', ['127.0.0.1:2379', '127.9.9.9:2379', '[::1]:2379', ...own], ['192.0.2.1:2379']],
  ['0.0.0.0:2379', ['127.0.0.2:2379', '[::ffff:127.0.0.1]:2379'], ['127.0.0.1:2380']],
  ['[::1]:2379', ['[::1]:2379'], ['127.0.0.1:2379']],
  ['localhost:2379', ['127.0.0.1:2379', '[::1]:2379'], ['127.0.0.2:2379']],
  ['unix:/run/a.sock', ['unix:/run/a.sock'], ['unix:/run/b.sock', '127.0.0.1:2379']],
];

for (const [listener, mine, others] of cases) {
  test(`knows what leads to a listener at ${listener}`, () => {
    const guard = guardOf(listener);
    const isSelf = (text: string) => guard.isSelf(addressOf(text));
    assert.equal(mine.filter(isSelf), mine);
    assert.equal(others.filter(isSelf), []);
  });
}

test('knows only the listeners of now', () => {
  const guard = guardOf('127.0.0.1:2379', '127.0.0.1:2380');
  guard.listenersChanged([addressOf('127.0.0.1:2380')]);
  assert.is(guard.isSelf(addressOf('127.0.0.1:2379')), false);
  assert.is(guard.isSelf(addressOf('127.0.0.1:2380')), true);
  assert.is(guard.mayBeOwn(addressOf('192.0.2.1:2380')), true);
  assert.is(guard.mayBeOwn(addressOf('192.0.2.1:2379')), false);
});

interface Ends {
  readonly dialed: Socket;
  readonly accepted: Socket;
}

async function withConnection(scope: Scope): Promise<Ends> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => server.close());
  const coming = once(server, 'connection') as Promise<[Socket]>;
  const dialed = connect((server.address() as AddressInfo).port, '127.0.0.1');
  scope.defer(() => dialed.destroy());
  await once(dialed, 'connect');
  const [accepted] = await coming;
  scope.defer(() => accepted.destroy());
  return { dialed, accepted };
}

test(
  'recognises the other end of what was dialed, and tells the dialer',
  scoped(async (scope) => {
    const guard = guardOf('127.0.0.1:2379');
    const [own, other] = [await withConnection(scope), await withConnection(scope)];
    let told = 0;
    guard.dialed(own.dialed, () => (told += 1));
    assert.is(guard.isOwnDial(other.accepted), false);
    assert.is(told, 0);
    assert.is(guard.isOwnDial(own.accepted), true);
    assert.is(told, 1);
  }),
);

test(
  'forgets a dial with its socket',
  scoped(async (scope) => {
    const guard = guardOf('127.0.0.1:2379');
    const { dialed, accepted } = await withConnection(scope);
    guard.dialed(dialed, () => undefined);
    dialed.destroy();
    await once(dialed, 'close');
    assert.is(guard.isOwnDial(accepted), false);
  }),
);

test.run();
