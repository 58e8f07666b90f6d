import { chmod, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { GatewayEvent } from '../../src/model/events.js';
import {
  ask,
  createAdmin,
  loopback,
  withAdmin,
  type RunningAdmin,
} from '../support/admin-server.js';
import { freePort } from '../support/ports.js';
import { until } from '../support/until.js';

const test = suite('admin address on reload');

let folder = '';
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admin-test-'));
});
test.after(() => rm(folder, { recursive: true, force: true }));

async function withBusy(listen: object, use: () => Promise<void>): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(listen, resolve));
  try {
    await use();
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
}

const fails = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'it worked',
    (error: unknown) => String(error),
  );

test('moves to another address on commit, and not before', async () => {
  const [from, to] = [loopback(await freePort()), loopback(await freePort())];
  await withAdmin({ listen: from }, async ({ prepare, server }) => {
    const prepared = await prepare({ listen: to });
    assert.is((await ask(from, '/livez')).status, 200);
    await prepared.commit();
    assert.is((await ask(to, '/livez')).status, 200);
    assert.match(await fails(ask(from, '/livez')), 'ECONNREFUSED');
    assert.is(server.address, `127.0.0.1:${to.kind === 'tcp' ? to.port : ''}`);
  });
});

test('stays where it is when the reload is rolled back', async () => {
  const [from, to] = [loopback(await freePort()), loopback(await freePort())];
  await withAdmin({ listen: from }, async ({ prepare }) => {
    await (await prepare({ listen: to })).rollback();
    assert.is((await ask(from, '/livez')).status, 200);
    assert.match(await fails(ask(to, '/livez')), 'ECONNREFUSED');
  });
});

test('moves between addresses that collide, and back on a roll-back', async () => {
  const from = loopback(await freePort());
  const wide = { ...from, host: '0.0.0.0' };
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'sesame');
  await withAdmin({ listen: from, tokenFile }, async ({ prepare, server }) => {
    await (await prepare({ listen: wide, tokenFile })).rollback();
    assert.is((await ask(from, '/api/v1/state')).status, 200);
    await (await prepare({ listen: wide, tokenFile })).commit();
    assert.match(server.address ?? '', '0.0.0.0');
    assert.is((await ask(from, '/api/v1/state')).status, 401);
  });
});

test('refuses a busy address that was configured, and keeps the one it has', async () => {
  const [from, to] = [loopback(await freePort()), loopback(await freePort())];
  await withAdmin({ listen: from }, async ({ prepare }) => {
    await withBusy(to, async () => {
      assert.match(await fails(prepare({ listen: to })), /cannot be bound: the address is in use/);
      assert.is((await ask(from, '/livez')).status, 200);
    });
  });
});

test('runs without when the default address is busy, and says so', async () => {
  const listen = loopback(await freePort());
  await withBusy(listen, () =>
    withAdmin({ listen, explicit: false }, ({ server, notices }) => {
      assert.is(server.address, undefined);
      const [notice] = notices;
      assert.is(notice?.type === 'notice' && notice.message, 'running without admin server');
      return Promise.resolve();
    }),
  );
});

test('says once that it runs without, and takes the default address when it is free', async () => {
  const listen = loopback(await freePort());
  const messages = (notices: readonly GatewayEvent[]): readonly string[] =>
    notices.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  const without = 'running without admin server';
  let opened: RunningAdmin | undefined;
  await withBusy(listen, async () => {
    const wanted = { listen, explicit: false };
    await withAdmin(wanted, async ({ prepare, notices }) => {
      for (let plan = 0; plan < 3; plan += 1) await (await prepare(wanted)).commit();
      await (await prepare(wanted)).rollback();
      assert.equal(messages(notices), [without]);
    });
    opened = createAdmin();
    await (await opened.prepare(wanted)).commit();
  });
  if (!opened) return;
  const { server, notices } = opened;
  try {
    await until(() => server.address !== undefined, { what: 'the address' });
    assert.is((await ask(listen, '/livez')).status, 200);
    assert.equal(messages(notices), [without, 'admin server listening']);
  } finally {
    await server.close();
  }
});

test('takes the place of a socket file that a dead process left', async () => {
  const path = join(folder, 'stale.sock');
  const listen = { kind: 'unix', path } as const;
  const stale = createServer();
  await new Promise<void>((resolve) => stale.listen(join(folder, 'tmp.sock'), resolve));
  await rename(join(folder, 'tmp.sock'), path);
  await new Promise((resolve) => stale.close(resolve));
  assert.ok((await stat(path)).isSocket());
  await withAdmin({ listen }, async () => {
    assert.is((await ask(listen, '/livez')).status, 200);
  });
});

test('leaves a socket alone that another process listens on, and a file that is no socket', async () => {
  const path = join(folder, 'live.sock');
  await withAdmin({ listen: undefined }, async ({ prepare }) => {
    await withBusy({ path }, async () => {
      await chmod(path, 0o600);
      assert.match(await fails(prepare({ listen: { kind: 'unix', path } })), 'in use');
    });
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'mine');
    assert.match(await fails(prepare({ listen: { kind: 'unix', path: file } })), 'not a socket');
  });
});

test.run();
