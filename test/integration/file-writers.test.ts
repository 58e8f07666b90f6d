import { open, writeFile, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { isOpenForWriting } from '../../src/sources/file-writers.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { nameOf, watchFile, whole } from '../support/watched-file.js';

const test = suite('file: open for writing');

/** Some quiet periods of the watches here: without a lease the file is read meanwhile. */
const longPauseMs = 600;

async function opened(scope: Scope, file: string, flags: string): Promise<FileHandle> {
  const handle = await open(file, flags);
  scope.defer(() => handle.close());
  return handle;
}

for (const flags of ['w', 'r+', 'a']) {
  test(
    `is read when its writer closes it, however long that pauses (${flags})`,
    scoped(async (scope) => {
      const file = join(await scope.tempDir(), 'gateway.yaml');
      await writeFile(file, flags === 'a' ? '' : whole('one'));
      const watched = await watchFile(scope, file);
      const writer = await open(file, flags);
      await writer.write(whole('two').slice(0, 100));
      await sleep(longPauseMs);
      await writer.write(whole('two').slice(100));
      await sleep(longPauseMs);
      assert.is(watched.readings().length, 1);
      await writer.close();
      await watched.seen('two');
      assert.is(watched.readings().length, 2);
    }),
  );
}

test(
  'is read for who asks when its writer closes it',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, whole('one'));
    const watched = await watchFile(scope, file, { watch: false });
    const writer = await open(file, 'w');
    await writer.write('half');
    let isDone = false;
    const asked = watched.source.refresh().then(() => (isDone = true));
    await sleep(longPauseMs);
    assert.not(isDone);
    await writer.close();
    await asked;
    assert.is(watched.source.latest().kind, 'invalid');
  }),
);

test(
  'is read after ten seconds although it stays open',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, whole('one'));
    const watched = await watchFile(scope, file);
    const writer = await opened(scope, file, 'w');
    const before = performance.now();
    await writer.write(whole('two'));
    await until(() => watched.readings().at(-1) === 'two', { what: 'it', timeoutMs: 15_000 });
    const tookMs = performance.now() - before;
    assert.ok(tookMs > 9_000 && tookMs < 12_000, `${tookMs} ms`);
    const told = watched.events.map((event) => event.type === 'notice' && event.message);
    assert.equal(told, ['the configuration file stays open for writing, it was read after 10 s']);
  }),
);

test(
  'is not waited for if it has not changed for as long, at the start and for who asks',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, whole('one'));
    await opened(scope, file, 'r+');
    const watched = await watchFile(scope, file, { wallMs: () => Date.now() + 60_000 });
    const before = performance.now();
    await watched.source.refresh();
    assert.is(nameOf(watched.source.latest()), 'one');
    assert.ok(performance.now() - before < 5_000);
    assert.equal(watched.events, []);
  }),
);

test(
  'is another file once that has taken its place',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, whole('one'));
    const watched = await watchFile(scope, file);
    const writer = await opened(scope, file, 'w');
    await writer.write('half');
    await sleep(longPauseMs);
    await writeFile(`${file}.new`, whole('two'));
    await rename(`${file}.new`, file);
    await watched.seen('two');
    assert.equal(watched.readings(), ['one', 'two']);
  }),
);

test(
  'is told by a read lease, and where there is none, not',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'f');
    await writeFile(file, '');
    const reader = await opened(scope, file, 'r');
    assert.is(await isOpenForWriting(reader.fd), false);
    const writer = await open(file, 'a');
    assert.is(await isOpenForWriting(reader.fd), true);
    await writer.close();
    assert.is(await isOpenForWriting(reader.fd), false);
    const before = performance.now();
    await writeFile(file, 'the lease is given back');
    assert.ok(performance.now() - before < 2_000);
    const noFile = await opened(scope, '/proc/self/stat', 'r');
    assert.is(await isOpenForWriting(noFile.fd), false);
  }),
);

test.run();
