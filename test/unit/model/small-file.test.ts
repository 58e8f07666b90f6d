import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { GatewayError } from '../../../src/model/errors.js';
import { readSmallFile, readToken } from '../../../src/model/small-file.js';

const test = suite('small files');

async function refusal(file: string): Promise<string> {
  try {
    await readToken('the token file', file);
    return 'none';
  } catch (error) {
    assert.instance(error, GatewayError);
    return String(error);
  }
}

test('reads a token file, and says what is wrong with one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'token-test-'));
  try {
    const file = join(folder, 'token');
    await writeFile(file, '  sesame\n');
    assert.is(await readToken('the token file', file), 'sesame');
    await writeFile(file, '\n');
    assert.match(await refusal(file), 'is empty');
    await writeFile(file, 'x'.repeat(5_000));
    assert.match(await refusal(file), 'is longer than 4096 bytes');
    assert.match(await refusal(join(folder, 'none')), /cannot be read: there is no such file/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('reads nothing but files, and waits for nobody', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'small-file-test-'));
  try {
    const of = (name: string): string => join(folder, name);
    execFileSync('mkfifo', [of('fifo')]);
    await mkdir(of('folder'));
    await symlink('/dev/zero', of('device'));
    await symlink('fifo', of('link'));
    await writeFile(of('large'), Buffer.alloc(1024 * 1024 + 1));
    for (const [name, reason] of [
      ['fifo', 'it is a FIFO, not a file'],
      ['link', 'it is a FIFO, not a file'],
      ['folder', 'it is a directory, not a file'],
      ['device', 'it is a device, not a file'],
      ['large', 'it is larger than 1 MiB'],
      ['none', 'there is no such file'],
    ] as const) {
      const told = await readSmallFile('ca-file', of(name)).catch(String);
      assert.is(told, `GatewayError: ca-file ${of(name)} cannot be read: ${reason}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
