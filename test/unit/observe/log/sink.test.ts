import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { systemClock } from '../../../../src/model/clock.js';
import { openLogSink } from '../../../../src/observe/log/sink.js';
import { scoped, type Scope } from '../../../support/scope.js';

const test = suite('log: sink');

test(
  'has written a line to a file when it returns',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'log');
    const sink = openLogSink(systemClock, opened(scope, file));
    sink.write('one\n');
    sink.write('two\n');
    assert.is(readFileSync(file, 'utf8'), 'one\ntwo\n');
    assert.not(sink.isTerminal);
    await sink.close();
  }),
);

test(
  'drops lines, and throws nothing, when the disk is full',
  scoped(async (scope) => {
    const sink = openLogSink(systemClock, opened(scope, '/dev/full'));
    sink.write('lost\n');
    await sink.close();
  }),
);

test(
  'drops lines, and throws nothing, when there is nothing to write to',
  scoped(async () => {
    const sink = openLogSink(systemClock, 1_000_000);
    sink.write('lost\n');
    await sink.close();
  }),
);

test.run();

function opened(scope: Scope, path: string): number {
  const fd = openSync(path, 'a');
  scope.defer(() => closeSync(fd));
  return fd;
}
