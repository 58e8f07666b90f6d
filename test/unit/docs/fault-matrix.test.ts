import { readFile } from 'node:fs/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { page, withMatrix } from '../../faults/matrix/table.js';

const test = suite('docs: the fault matrix');

test('is the one that is tried (else: node dist/test/faults/matrix/table.js --write)', async () => {
  const text = await readFile(page, 'utf8');
  assert.is(text, withMatrix(text));
});

test('is not written into a page that has no place for it', () => {
  assert.throws(() => withMatrix('# Reliability\n'), /lacks the lines/);
});

test.run();
