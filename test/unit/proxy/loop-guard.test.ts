import { link, symlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseListenAddress } from '../../../src/model/address.js';
import type { Side, SocketName } from '../../../src/model/side.js';
import { LoopGuard } from '../../../src/proxy/loop-guard.js';
import { addressOf } from '../../support/desired.js';
import { FakeClock } from '../../support/fake-clock.js';
import { IdleSide } from '../../support/idle-side.js';
import { scoped } from '../../support/scope.js';
import { withUpstream } from '../../support/upstream.js';

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
  [
    '0.0.0.0:2379',
    ['127.0.0.2:2379', '[::ffff:127.0.0.1]:2379', '[::ffff:7f00:1]:2379', '0.0.0.0:2379'],
    ['127.0.0.1:2380', '[::1]:2379'],
  ],
  ['127.0.0.1:2379', ['0.0.0.0:2379', '[0:0:0:0:0:ffff:7f00:1]:2379'], ['[::]:2379']],
  ['[::1]:2379', ['[::]:2379', '[0:0:0:0:0:0:0:1]:2379', '[::0001]:2379'], ['0.0.0.0:2379']],
  ['[fd00::a]:2379', ['[FD00::A]:2379', '[fd00:0::000a]:2379'], ['[fd00::b]:2379']],
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

test('knows the admin server beside the listeners', () => {
  const guard = guardOf('127.0.0.1:2379');
  guard.adminChanged([addressOf('127.0.0.1:23791'), addressOf('unix:/run/admin.sock')]);
  guard.listenersChanged([addressOf('127.0.0.1:2380')]);
  for (const own of ['127.0.0.1:23791', '[::ffff:127.0.0.1]:23791', 'unix:/run/admin.sock']) {
    assert.ok(guard.isSelf(addressOf(own)), own);
  }
  guard.adminChanged([]);
  assert.not(guard.isSelf(addressOf('127.0.0.1:23791')));
  assert.ok(guard.isSelf(addressOf('127.0.0.1:2380')));
});

test(
  'knows a unix socket by each path that leads to it',
  scoped(async (scope) => {
    const folder = await scope.tempDir();
    await withUpstream(scope, { path: join(folder, 'own') });
    await withUpstream(scope, { path: join(folder, 'other') });
    await symlink(folder, join(folder, 'folder'));
    await symlink('own', join(folder, 'link'));
    await link(join(folder, 'own'), join(folder, 'hard'));
    await symlink('nothing', join(folder, 'dangling'));
    const guard = guardOf(`unix:${join(folder, 'own')}`);
    const own = ['own', 'folder/own', 'link', 'hard', 'other', 'dangling', 'nothing'].filter(
      (name) => guard.isSelf(addressOf(`unix:${join(folder, name)}`)),
    );
    assert.equal(own, ['own', 'folder/own', 'link', 'hard']);
  }),
);

test('knows only the listeners of now', () => {
  const guard = guardOf('127.0.0.1:2379', '127.0.0.1:2380');
  guard.listenersChanged([addressOf('127.0.0.1:2380')]);
  assert.is(guard.isSelf(addressOf('127.0.0.1:2379')), false);
  assert.is(guard.isSelf(addressOf('127.0.0.1:2380')), true);
  assert.is(guard.mayBeOwn(addressOf('192.0.2.1:2380')), true);
  assert.is(guard.mayBeOwn(addressOf('192.0.2.1:2379')), false);
});

interface Ends {
  readonly dialed: Side;
  readonly accepted: Side;
}

let lastPort = 40_000;

/** Both ends of a connection, as they name themselves. */
function connection(): Ends {
  const [from, to] = [
    { host: '127.0.0.1', port: ++lastPort },
    { host: '127.0.0.1', port: 2379 },
  ];
  return { dialed: new NamedSide(from, to), accepted: new NamedSide(to, from) };
}

class NamedSide extends IdleSide {
  readonly #own: SocketName;
  readonly #other: SocketName;

  constructor(own: SocketName, other: SocketName) {
    super();
    this.#own = own;
    this.#other = other;
  }

  override local(): SocketName {
    return this.#own;
  }

  override peer(): SocketName {
    return this.#other;
  }
}

test('recognises the other end of what was dialed, and tells the dialer', () => {
  const guard = guardOf('127.0.0.1:2379');
  const [own, other] = [connection(), connection()];
  let told = 0;
  guard.dialed(own.dialed, () => (told += 1));
  assert.is(guard.isOwnDial(other.accepted), false);
  assert.is(told, 0);
  assert.is(guard.isOwnDial(own.accepted), true);
  assert.is(told, 1);
});

test('forgets a dial when it is told to', () => {
  const guard = guardOf('127.0.0.1:2379');
  const { dialed, accepted } = connection();
  const forget = guard.dialed(dialed, () => undefined);
  forget();
  assert.is(guard.isOwnDial(accepted), false);
});

test.run();
