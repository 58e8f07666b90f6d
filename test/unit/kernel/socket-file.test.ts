import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { SocketFile } from '../../../src/kernel/socket-file.js';
import { errorCode } from '../../../src/model/errors.js';
import { FakeClock } from '../../support/fake-clock.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('the file of a unix socket');

interface Bench {
  readonly folder: string;
  readonly path: string;
}

async function bench(scope: Scope): Promise<Bench> {
  const folder = await scope.tempDir();
  return { folder, path: join(folder, 'main.sock') };
}

async function place(scope: Scope, path: string, mode = 0o660): Promise<SocketFile> {
  return SocketFile.place(path, mode, (hidden) => listen(scope, hidden));
}

async function listen(scope: Scope, path: string): Promise<Server> {
  const server = createServer().listen(path);
  scope.defer(() => void server.close());
  await once(server, 'listening');
  return server;
}

/** A socket file that nobody listens on, as of a process that was killed. */
async function leave(scope: Scope, path: string): Promise<void> {
  const server = await listen(scope, `${path}.tmp`);
  renameSync(`${path}.tmp`, path);
  server.close();
  await once(server, 'close');
}

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777;
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => errorCode(error),
  );
}

for (const mask of [0o022, 0o000, 0o077]) {
  test(
    `has its mode before anybody can reach it, whatever the umask (${mask.toString(8)})`,
    scoped(async (scope) => {
      const { folder, path } = await bench(scope);
      const before = process.umask(mask);
      scope.defer(() => void process.umask(before));
      await SocketFile.place(path, 0o666, async (hidden) => {
        const [name = ''] = readdirSync(folder);
        assert.is(modeOf(join(folder, name)), 0o700);
        await listen(scope, hidden);
        assert.not.ok(inodeOf(path));
      });
      assert.is(modeOf(path), 0o666);
      assert.equal(readdirSync(folder), ['main.sock']);
    }),
  );
}

test(
  'changes its mode, and never that of a file that a link in its place leads to',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    const file = await place(scope, path);
    file.setMode(0o600);
    assert.is(modeOf(path), 0o600);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    chmodSync(victim, 0o600);
    unlinkSync(path);
    symlinkSync(victim, path);
    assert.throws(() => file.setMode(0o666));
    assert.is(modeOf(victim), 0o600);
    unlinkSync(path);
    await listen(scope, path);
    chmodSync(path, 0o600);
    assert.throws(() => file.setMode(0o666));
    assert.is(modeOf(path), 0o600);
    file.remove();
    assert.ok(statSync(path).isSocket(), 'another one stays');
  }),
);

test(
  'takes the place of one that a killed process left, and gives it back unless it is kept',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    await leave(scope, path);
    const stale = inodeOf(path);
    const first = await place(scope, path);
    assert.is.not(inodeOf(path), stale);
    first.remove();
    first.remove();
    assert.is(inodeOf(path), stale);
    const second = await place(scope, path);
    second.keep();
    second.keep();
    assert.equal(readdirSync(folder), ['main.sock']);
    second.remove();
    assert.equal(readdirSync(folder), []);
  }),
);

test(
  'is not made where a process listens, or where another file is; nothing is left behind',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    await listen(scope, path);
    const inode = inodeOf(path);
    assert.is(await codeOf(place(scope, path)), 'EADDRINUSE');
    assert.is(inodeOf(path), inode);
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    const link = join(folder, 'link');
    symlinkSync(path, link);
    const dangling = join(folder, 'dangling');
    symlinkSync(join(folder, 'nothing'), dangling);
    mkdirSync(join(folder, 'folder'));
    for (const name of ['file', 'link', 'dangling', 'folder']) {
      assert.is(await codeOf(place(scope, join(folder, name))), 'EEXIST', name);
    }
    assert.is(await codeOf(place(scope, join(folder, 'no', 'main.sock'))), 'ENOENT');
    assert.is(await codeOf(place(scope, join(file, 'main.sock'))), 'ENOTDIR');
    assert.equal(readdirSync(folder).sort(), ['dangling', 'file', 'folder', 'link', 'main.sock']);
  }),
);

test(
  'leaves nothing behind where it cannot be bound, and what stood there stays',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    await leave(scope, path);
    const stale = inodeOf(path);
    const failing = SocketFile.place(path, 0o660, () => Promise.reject(new Error('no')));
    assert.is(await codeOf(failing), 'Error');
    assert.is(inodeOf(path), stale);
    assert.equal(readdirSync(folder), ['main.sock']);
  }),
);

test(
  'never replaces a socket that comes while it is being made',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    await leave(scope, path);
    const work = SocketFile.place(path, 0o660, async (hidden) => {
      await listen(scope, hidden);
      unlinkSync(path);
      await listen(scope, path);
    });
    assert.is(await codeOf(work), 'EADDRINUSE');
    assert.ok(statSync(path).isSocket());
    assert.equal(readdirSync(folder), ['main.sock']);
  }),
);

test(
  'may have a path as long as a socket may have at most',
  scoped(async (scope) => {
    const folder = await scope.tempDir();
    const path = join(folder, 'x'.repeat(107 - folder.length - 1));
    const file = await place(scope, path);
    assert.ok(statSync(path).isSocket());
    file.remove();
    assert.equal(readdirSync(folder), []);
  }),
);

const losses: readonly [string, (scope: Scope, path: string) => unknown, RegExp][] = [
  ['removed', (_, path) => unlinkSync(path), /removed/],
  ['moved away', (_, path) => renameSync(path, `${path}.old`), /removed/],
  [
    'replaced by a socket',
    async (scope, path) => {
      unlinkSync(path);
      await listen(scope, path);
    },
    /another file/,
  ],
  [
    'replaced by a file',
    (_, path) => {
      unlinkSync(path);
      writeFileSync(path, '');
    },
    /another file/,
  ],
];

for (const [how, lose, reason] of losses) {
  test(
    `tells once, within a second, that it was ${how}, and leaves what is there`,
    scoped(async (scope) => {
      const { path } = await bench(scope);
      const clock = new FakeClock();
      const file = await place(scope, path);
      const told: string[] = [];
      file.watch(clock, (why) => told.push(why));
      clock.advance(3_000);
      assert.equal(told, []);
      await lose(scope, path);
      clock.advance(3_000);
      assert.is(told.length, 1);
      assert.match(told[0] ?? '', reason);
      const there = inodeOf(path);
      file.remove();
      assert.is(inodeOf(path), there);
      assert.equal(clock.delaysMs, []);
    }),
  );
}

test(
  'is looked at no more once it is removed, and its folder may go with it',
  scoped(async (scope) => {
    const { folder, path } = await bench(scope);
    const clock = new FakeClock();
    const file = await place(scope, path);
    file.watch(clock, () => assert.unreachable());
    rmSync(folder, { recursive: true });
    assert.match(file.whyLost ?? '', /removed/);
    file.remove();
    assert.equal(clock.delaysMs, []);
  }),
);

test.run();
