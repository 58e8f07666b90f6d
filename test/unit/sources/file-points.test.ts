import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { watchPoints } from '../../../src/sources/file-points.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('sources: folders to watch for a file');

test(
  'is the folder of a plain file',
  scoped(async (scope) => {
    const dir = await realDir(scope);
    await writeFile(join(dir, 'f'), '');
    assert.equal(await foldersOf(join(dir, 'f')), { [dir]: ['f'] });
  }),
);

test(
  'is the folder in which the path breaks off',
  scoped(async (scope) => {
    const dir = await realDir(scope);
    assert.equal(await foldersOf(join(dir, 'no/such/f')), { [dir]: ['no'] });
  }),
);

test(
  'is each folder with a link of a ConfigMap',
  scoped(async (scope) => {
    const dir = await realDir(scope);
    await mkdir(join(dir, '..v1'));
    await writeFile(join(dir, '..v1/f'), '');
    await symlink('..v1', join(dir, '..data'));
    await symlink('..data/f', join(dir, 'f'));
    assert.equal(await foldersOf(join(dir, 'f')), {
      [dir]: ['f', '..data'],
      [join(dir, '..v1')]: ['f'],
    });
  }),
);

test(
  'follows links upwards, and absolute ones',
  scoped(async (scope) => {
    const dir = await realDir(scope);
    await mkdir(join(dir, 'a/b'), { recursive: true });
    await writeFile(join(dir, 'f'), '');
    await symlink('../../up', join(dir, 'a/b/link'));
    await symlink(join(dir, 'f'), join(dir, 'up'));
    assert.equal(await foldersOf(join(dir, 'a/./b/link')), {
      [join(dir, 'a/b')]: ['link'],
      [dir]: ['up', 'f'],
    });
  }),
);

test(
  'comes to an end where links go round in a circle',
  scoped(async (scope) => {
    const dir = await realDir(scope);
    await symlink('b', join(dir, 'a'));
    await symlink('a', join(dir, 'b'));
    assert.equal(await foldersOf(join(dir, 'a')), { [dir]: ['a', 'b'] });
  }),
);

test.run();

async function foldersOf(path: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const points = await watchPoints(path);
  return Object.fromEntries(points.map(({ folder, entries }) => [folder, [...entries]]));
}

async function realDir(scope: Scope): Promise<string> {
  return realpath(await scope.tempDir());
}
