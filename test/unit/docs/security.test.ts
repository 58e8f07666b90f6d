import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('docs: security');

/** A claim's proof: `[file](../test/…): "name"`. */
const proof = /\]\(\.\.\/(test\/[^)]+\.test\.ts)\): "([^"]+)"/g;

/** Tests of all areas are registered by one function, with the area's name in theirs. */
const fuzzTests = 'test/fuzz/tests.ts';

async function isRegistered(file: string, name: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  if (text.includes(name)) return true;
  const area = /^fuzzTests\('(\w+)'\)/m.exec(text)?.[1];
  if (area === undefined) return false;
  return (await readFile(fuzzTests, 'utf8')).includes(name.replace(` ${area} `, ' ${name} '));
}

test('each claim names a test that there is', async () => {
  const document = await readFile(join('docs', 'security.md'), 'utf8');
  const rows = document.split('\n').filter((line) => line.includes('.test.ts'));
  const proofs = [...document.matchAll(proof)].map(([, file = '', name = '']) => ({ file, name }));
  assert.ok(rows.length > 20);
  assert.is(proofs.length, rows.length, 'each row has one proof, written in one way');
  for (const { file, name } of proofs)
    assert.ok(await isRegistered(file, name), `${file}: ${name}`);
});

test.run();
