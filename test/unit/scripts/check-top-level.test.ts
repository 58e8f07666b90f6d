import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { misplaced } from '../../../scripts/check-top-level.js';
import { needs } from '../../support/needs.js';
import { scoped } from '../../support/scope.js';

const test = suite('the check of the top level');

needs(test, 'git')(
  'looks at what git tracks: files of one’s own may lie there',
  scoped(async (scope) => {
    const root = await scope.tempDir();
    const git = (...args: string[]) => spawnSync('git', args, { cwd: root });
    assert.is(misplaced(root), undefined, 'no clone');
    git('init', '--quiet');
    await mkdir(join(root, 'src'));
    for (const file of ['README.md', 'src/main.ts', '.gitignore', 'notes.txt', 'größe.ts']) {
      await writeFile(join(root, file), '');
    }
    git('add', 'README.md', 'src', '.gitignore');
    await writeFile(join(root, 'gateway.yaml'), 'gateways: {}');
    assert.equal(misplaced(root), []);
    git('add', 'notes.txt', 'größe.ts');
    assert.equal(misplaced(root)?.toSorted(), ['größe.ts', 'notes.txt']);
  }),
);

test.run();
