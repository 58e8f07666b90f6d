import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fileState, readExactly, readLimitBytes } from '../../../src/sources/file-read.js';
import { scoped } from '../../support/scope.js';

const test = suite('sources: one reading of a file');

test(
  'gives the bytes of the file that was looked at',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'f');
    const bytes = Buffer.alloc(readLimitBytes, 'abc');
    await writeFile(file, bytes);
    const attempt = await readExactly(file, await signatureOf(file), false);
    assert.is(attempt.kind, 'read');
    assert.ok(attempt.kind === 'read' && attempt.bytes.equals(bytes));
  }),
);

test(
  'gives nothing of a file that has changed since',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'f');
    await writeFile(file, 'one');
    const signature = await signatureOf(file);
    await writeFile(`${file}.new`, 'two');
    await rename(`${file}.new`, file);
    assert.equal(await readExactly(file, signature, false), { kind: 'changed' });
  }),
);

test(
  'says why there is nothing to read',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    await writeFile(join(dir, 'f'), '');
    assert.equal(await fileState(join(dir, 'no')), {
      kind: 'none',
      reason: 'there is no such file',
    });
    assert.equal(await fileState(join(dir, 'f/g')), {
      kind: 'none',
      reason: 'a part of its path is not a directory',
    });
    assert.equal(await readExactly(join(dir, 'no'), '', false), {
      kind: 'none',
      reason: 'there is no such file',
    });
  }),
);

test.run();

async function signatureOf(file: string): Promise<string> {
  const state = await fileState(file);
  assert.is(state.kind, 'file');
  return state.kind === 'file' ? state.signature : '';
}
