import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped, type Scope } from '../../support/scope.js';

const test = suite('test runner: once more');

const runner = resolve('dist/scripts/run-tests.js');

/** Fails when it runs for the first time, and passes from then on. */
const unsteady = `
  import { existsSync, writeFileSync } from 'node:fs';
  import { suite } from 'uvu';
  const test = suite('unsteady');
  test('passes', () => {
    if (existsSync('ran')) return;
    writeFileSync('ran', '');
    throw new Error('the first time');
  });
  test.run();`;

/** Runs the one test file of a project of its own. */
async function run(
  scope: Scope,
  lane: string,
  flags: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  const root = await scope.tempDirIn('dist');
  const source = join(root, `test/${lane}/once.test.ts`);
  const code = join(root, `dist/test/${lane}/once.test.js`);
  for (const file of [source, code]) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, unsteady);
  }
  return new Promise((done) => {
    execFile(process.execPath, [runner, ...flags, 'once'], { cwd: root }, (error, output) =>
      done({ code: error ? Number(error.code) : 0, output }),
    );
  });
}

test(
  'a file of real clocks that fails by chance runs again, and both results are told',
  scoped(async (scope) => {
    const { code, output } = await run(scope, 'e2e', ['--again']);
    assert.is(code, 0, output);
    assert.match(output, /FAIL test\/e2e\/once[^]*the first time[^]*once more alone: 1\nok {3}/);
    assert.ok(output.endsWith('\n1 passed, 0 failed\n'), output);
  }),
);

for (const [what, lane, flags] of [
  ['without being asked to', 'e2e', []],
  ['what chance itself has found', 'unit', ['--again']],
] as const) {
  test(
    `it does not try again ${what}`,
    scoped(async (scope) => {
      const { code, output } = await run(scope, lane, flags);
      assert.is(code, 1, output);
      assert.ok(output.endsWith('\n0 passed, 1 failed\n'), output);
    }),
  );
}

test.run();
