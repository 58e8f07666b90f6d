import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../src/model/clock.js';
import type { GatewayEvent } from '../../src/model/events.js';
import { readLimitBytes } from '../../src/sources/file-read.js';
import { FileSource } from '../../src/sources/file.js';
import { systemDisk } from '../../src/sources/file-disk.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { nameOf, parseNamed, watchFile, whole } from '../support/watched-file.js';

const test = suite('file: reading');

test(
  'does not trigger when bytes stay and all else changes',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    await chmod(file, 0o600);
    await watched.source.refresh();
    await utimes(file, 1, 1);
    await watched.source.refresh();
    await writeFile(`${file}.new`, whole('one'));
    await rename(`${file}.new`, file);
    await watched.source.refresh();
    await writeFile(file, whole('two'));
    await watched.seen('two');
    assert.equal(watched.readings(), ['one', 'two']);
    assert.equal(watched.events, []);
  }),
);

test(
  'triggers once for a bad content, however often it is written again',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    await writeFile(file, 'bad');
    await watched.seen('invalid: bad');
    await writeFile(file, 'bad');
    await watched.source.refresh();
    await writeFile(file, 'worse');
    await watched.seen('invalid: worse');
    assert.equal(watched.readings(), ['one', 'invalid: bad', 'invalid: worse']);
  }),
);

test(
  'says that the file is away, once, and triggers when it is back',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    await rename(file, `${file}.away`);
    await watched.event('file-missing');
    await watched.source.refresh();
    const reason = 'there is no such file';
    assert.equal(watched.source.latest(), { kind: 'missing', file, reason });
    await rename(`${file}.away`, file);
    await watched.event('file-back');
    assert.equal(watched.readings(), ['one', 'one']);
    assert.equal(watched.events, [
      { type: 'file-missing', file, reason: 'there is no such file' },
      { type: 'file-back', file },
    ]);
  }),
);

test(
  'starts without a file, and reads it when its missing parents appear',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const file = join(dir, 'a/b/gateway.yaml');
    const watched = await watchFile(scope, file);
    assert.equal(watched.source.latest(), {
      kind: 'missing',
      file,
      reason: 'there is no such file',
    });
    await mkdir(join(dir, 'a'));
    await mkdir(join(dir, 'a/b'));
    await writeFile(file, whole('one'));
    await watched.seen('one');
    assert.equal(watched.readings(), ['missing', 'one']);
    assert.equal(watched.events, [{ type: 'file-back', file }]);
  }),
);

const named = '(name a file: it is read again at each reload)';
const notFiles: readonly (readonly [string, (path: string) => unknown, string])[] = [
  ['a directory', (path) => mkdir(path), `it is a directory, not a file ${named}`],
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), `it is a FIFO, not a file ${named}`],
  ['a device', (path) => symlink('/dev/zero', path), `it is a device, not a file ${named}`],
  ['a link to itself', (path) => symlink(path, path), 'its symbolic links go round in a circle'],
];

for (const [what, make, reason] of notFiles) {
  test(
    `says that ${what} is no file, and does not wait for it`,
    scoped(async (scope) => {
      const file = join(await scope.tempDir(), 'gateway.yaml');
      await make(file);
      const watched = await watchFile(scope, file);
      assert.equal(watched.source.latest(), { kind: 'missing', file, reason });
      await rm(file, { recursive: true });
      await writeFile(file, whole('one'));
      await watched.seen('one');
    }),
  );
}

test(
  'says that the file is away when a FIFO takes its place',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    await unlink(file);
    execFileSync('mkfifo', [file]);
    await watched.event('file-missing');
    const reason = `it is a FIFO, not a file ${named}`;
    assert.equal(watched.source.latest(), { kind: 'missing', file, reason });
  }),
);

test(
  'reads when asked to with the watch off, and does not trigger',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file, { watch: false });
    await writeFile(file, whole('two'));
    await watched.source.refresh();
    assert.is(nameOf(watched.source.latest()), 'two');
    assert.equal(watched.readings(), ['one']);
  }),
);

test(
  'waits for the writer when asked to read a file that is being written',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const { source } = await watchFile(scope, file, { watch: false });
    const writing = writeSlowly(file, whole('two'), 8, 20);
    await sleep(30);
    await source.refresh();
    assert.is(nameOf(source.latest()), 'two');
    await writing;
  }),
);

test(
  'has the last content whichever of many askers is answered',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const { source } = await watchFile(scope, file);
    for (let i = 0; i < 5; i += 1) {
      await writeFile(file, whole(`edit ${i}`));
      await Promise.all(Array.from({ length: 10 }, () => source.refresh()));
      assert.is(nameOf(source.latest()), `edit ${i}`);
    }
  }),
);

test(
  'waits as long as the quiet period says',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file, { quietPeriodMs: 400 });
    await writeSlowly(file, whole('two'), 5, 120);
    await watched.seen('two');
    assert.equal(watched.readings(), ['one', 'two']);
  }),
);

test(
  'reads a file that never stands still once its patience is at an end',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    let lines = 0;
    const writer = setInterval(() => void appendFile(file, `${(lines += 1)}\n`), 20);
    scope.defer(() => clearInterval(writer));
    await until(() => lines > 1, { what: 'a writer that writes' });
    const started = performance.now();
    await watched.source.refresh();
    assert.ok(performance.now() - started > 1_900, 'it was patient');
    assert.match(nameOf(watched.source.latest()), /^invalid: name: one[^]*\n\d+\n$/);
  }),
);

test(
  'watches and stops watching as it is configured',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file);
    watched.source.configure({ watch: false, quietPeriodMs: 20 });
    await watched.source.refresh();
    await writeFile(file, whole('two'));
    await sleep(100);
    assert.equal(watched.readings(), ['one']);
    watched.source.configure({ watch: true, quietPeriodMs: 20 });
    await watched.seen('two');
    await writeFile(file, whole('three'));
    await watched.seen('three');
    assert.equal(watched.readings(), ['one', 'two', 'three']);
  }),
);

test(
  'finds by its poll what no watched folder tells',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    await mkdir(join(dir, 'a/b/c'), { recursive: true });
    await mkdir(join(dir, 'new/b/c'), { recursive: true });
    await writeFile(join(dir, 'a/b/c/gateway.yaml'), whole('one'));
    await writeFile(join(dir, 'new/b/c/gateway.yaml'), whole('two'));
    const watched = await watchFile(scope, join(dir, 'a/b/c/gateway.yaml'), { poll: true });
    await watched.source.refresh();
    await rename(join(dir, 'a'), join(dir, 'old'));
    await rename(join(dir, 'new'), join(dir, 'a'));
    await watched.seen('two');
    await writeFile(join(dir, 'a/b/c/gateway.yaml'), whole('three'));
    await watched.seen('three');
    assert.equal(watched.readings(), ['one', 'two', 'three']);
  }),
);

test(
  'hands on one byte more than a configuration may have, and no more',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    await truncate(file, 5 * readLimitBytes);
    const lengths: number[] = [];
    const source = await FileSource.open({
      file,
      parse: (bytes) => {
        lengths.push(bytes.length);
        return parseNamed(bytes.subarray(0, 10));
      },
      ...{ disk: systemDisk, clock: systemClock },
      observer: () => undefined,
      trigger: () => undefined,
    });
    await source.close();
    assert.equal(lengths, [1024 * 1024 + 1]);
  }),
);

/** A source whose parser fails for the next `failures` times. */
async function withFailingParser(scope: Scope, file: string) {
  const events: GatewayEvent[] = [];
  const readings: string[] = [];
  const failing = { failures: 0, events, readings };
  const source = await FileSource.open({
    file,
    parse: (bytes) => {
      if (failing.failures-- > 0) return Promise.reject(new Error('no thread can be started'));
      return parseNamed(bytes);
    },
    ...{ disk: systemDisk, clock: systemClock },
    observer: (event) => events.push(event),
    trigger: () => readings.push(nameOf(source.latest())),
  });
  scope.defer(() => source.close());
  return Object.assign(failing, { source });
}

test(
  'tries again to parse what could not be parsed, says so once, and then takes it',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const failing = await withFailingParser(scope, file);
    failing.failures = 2;
    await writeFile(file, whole('two'));
    failing.source.configure({ watch: true, quietPeriodMs: 50 });
    const what = 'the second content';
    await until(() => failing.readings.length > 0, { what, timeoutMs: 15_000 });
    assert.equal(failing.readings, ['two']);
    const reason = 'it cannot be parsed: no thread can be started';
    assert.equal(failing.events, [
      { type: 'file-missing', file, reason },
      { type: 'file-back', file },
    ]);
  }),
);

test(
  'has no reading while what is in the file cannot be parsed, though it is asked',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const failing = await withFailingParser(scope, file);
    failing.failures = 1;
    await writeFile(file, whole('two'));
    await failing.source.refresh();
    const reason = 'it cannot be parsed: no thread can be started';
    assert.equal(failing.source.latest(), { kind: 'missing', file, reason });
    await failing.source.refresh();
    assert.is(nameOf(failing.source.latest()), 'two');
  }),
);

test(
  'survives a watch that throws, and says so',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const events: GatewayEvent[] = [];
    const watch = () => ({
      follow: () => Promise.reject(new Error('a defect')),
      close: () => Promise.resolve(),
    });
    const source = await FileSource.open({
      ...{ file, parse: parseNamed, disk: { ...systemDisk, watch }, clock: systemClock },
      observer: (event) => events.push(event),
      trigger: () => undefined,
    });
    source.configure({ watch: true, quietPeriodMs: 50 });
    await until(() => events.length > 0, { what: 'the notice' });
    await source.close();
    assert.is(nameOf(source.latest()), 'one');
    const message = 'the configuration file could not be looked at, what runs stays';
    assert.equal(events, [
      { type: 'notice', level: 'warn', message, fields: { file, reason: 'a defect' } },
    ]);
  }),
);

test(
  'closes in the middle of a wait, at once and for good',
  scoped(async (scope) => {
    const file = await fileOf(scope, 'one');
    const watched = await watchFile(scope, file, { quietPeriodMs: 60_000 });
    await writeFile(file, whole('two'));
    const asked = watched.source.refresh();
    await sleep(20);
    await Promise.all([watched.source.close(), watched.source.close()]);
    await asked;
    await watched.source.refresh();
    assert.equal(watched.readings(), ['one']);
  }),
);

for (const watch of [true, false]) {
  test(
    `who asks does not wait for a long quiet period, ${watch ? 'nor for a look that does' : 'unwatched'}`,
    scoped(async (scope) => {
      const file = join(await scope.tempDir(), 'gateway.yaml');
      await writeFile(file, whole('one'));
      const { source } = await watchFile(scope, file, { watch, quietPeriodMs: 60_000 });
      await writeFile(file, whole('two'));
      await sleep(200); // until a watch has begun to wait
      assert.is(nameOf(source.latest()), 'one');
      await writeFile(file, whole('three'));
      await source.refresh();
      assert.is(nameOf(source.latest()), 'three');
    }),
  );
}

test.run();

async function fileOf(scope: Scope, content: string): Promise<string> {
  const file = join(await scope.tempDir(), 'gateway.yaml');
  await writeFile(file, whole(content));
  return file;
}

async function writeSlowly(file: string, text: string, pieces: number, everyMs: number) {
  const size = Math.ceil(text.length / pieces);
  await truncate(file);
  for (let at = 0; at < text.length; at += size) {
    await appendFile(file, text.slice(at, at + size));
    await sleep(everyMs);
  }
}
