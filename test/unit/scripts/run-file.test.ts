import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runFile, type FileResult } from '../../../scripts/tests/run-file.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('test runner');

const head = `import { suite } from 'uvu'; const test = suite('fixture');`;

async function runFixture(scope: Scope, code: string): Promise<FileResult> {
  const file = join(await scope.tempDirIn('dist'), 'fixture.mjs');
  await writeFile(file, code);
  return runFile(file, { limitMs: 1_500, graceMs: 500, env: process.env });
}

test(
  'accepts a file whose tests pass and that ends',
  scoped(async (scope) => {
    const result = await runFixture(scope, `${head} test('a', () => {}); test.run();`);
    assert.equal([result.passed, result.failed, result.problems], [1, 0, []]);
  }),
);

test(
  'counts failed tests and shows what they printed',
  scoped(async (scope) => {
    const code = `${head} test('a', () => {}); test('b', () => { throw new Error('broken b'); }); test.run();`;
    const result = await runFixture(scope, code);
    assert.equal([result.passed, result.failed], [1, 1]);
    assert.equal(result.problems, ['1 of 2 tests failed']);
    assert.match(result.output, 'broken b');
  }),
);

test(
  'fails a file whose hook throws, which uvu takes for success',
  scoped(async (scope) => {
    const code = `${head} test.before(() => { throw new Error('hook'); }); test('a', () => {}); test.run();`;
    const result = await runFixture(scope, code);
    assert.equal([result.passed, result.failed], [0, 1]);
  }),
);

test(
  'fails a file that forgot to run its tests',
  scoped(async (scope) => {
    const result = await runFixture(scope, `${head} test('a', () => {});`);
    assert.equal(result.problems, ['printed no results: is .run() missing?']);
    assert.is(result.failed, 1);
  }),
);

test(
  'fails a file without tests',
  scoped(async (scope) => {
    const result = await runFixture(scope, `${head} test.run();`);
    assert.equal(result.problems, ['has no tests']);
  }),
);

test(
  'fails a file that does not compile or throws while loading',
  scoped(async (scope) => {
    const result = await runFixture(scope, `throw new Error('at load');`);
    assert.is(result.failed, 1);
    assert.match(result.output, 'at load');
  }),
);

test(
  'fails a file in which some tests are switched off without a name',
  scoped(async (scope) => {
    const code = `${head} test('a', () => {}); test.only('b', () => {}); test.run();`;
    const result = await runFixture(scope, code);
    assert.equal(result.problems, ['1 skipped, 0 of them by name: .only or .skip?']);
  }),
);

test(
  'counts tests that are skipped by name',
  scoped(async (scope) => {
    const code = `${head} console.log('skipped: a (no etcd)'); test.skip('a'); test('b', () => {}); test.run();`;
    const result = await runFixture(scope, code);
    assert.equal([result.passed, result.failed, result.problems], [1, 0, []]);
    assert.equal(result.skipped, ['a (no etcd)']);
  }),
);

test(
  'stops a file that hangs, and says where it waits',
  scoped(async (scope) => {
    const code = `${head} test('a', () => new Promise(() => setInterval(() => {}, 1e6))); test.run();`;
    const result = await runFixture(scope, code);
    assert.is(result.problems[0], 'hangs: not finished after 1.5 s');
    assert.ok(result.problems.includes('open timer'), result.problems.join('\n'));
  }),
);

test(
  'stops a file that spins, and says so',
  scoped(async (scope) => {
    const code = `${head} function spin() { for (;;); } test('a', spin); test.run();`;
    const result = await runFixture(scope, code);
    assert.match(result.problems.join('\n'), 'it spins in a loop that never waits');
  }),
);

test(
  'fails a file that leaks a handle, and says which',
  scoped(async (scope) => {
    const code = `import net from 'node:net'; ${head}
      test('a', () => { net.createServer().listen(0, '127.0.0.1'); }); test.run();`;
    const result = await runFixture(scope, code);
    assert.is(result.problems[0], 'leaks: still running 0.5 s after its last test');
    assert.match(result.problems.join('\n'), /open tcp .*127\.0\.0\.1:\d+/);
    assert.equal([result.passed, result.failed], [1, 1]);
  }),
);

test(
  'fails a file that leaves a process behind, and ends that',
  scoped(async (scope) => {
    const code = `import { spawn } from 'node:child_process'; ${head}
      test('a', () => { spawn('sleep', ['321'], { stdio: 'ignore' }).unref(); }); test.run();`;
    const result = await runFixture(scope, code);
    assert.match(result.problems.join('\n'), /left a process running: \d+ sleep 321/);
  }),
);

test(
  'fails a file whose process is killed or ends early',
  scoped(async (scope) => {
    const killed = await runFixture(scope, `process.kill(process.pid, 'SIGKILL');`);
    assert.is(killed.problems[0], 'was killed by SIGKILL');
    const early = await runFixture(
      scope,
      `${head} test('a', () => { process.exit(0); }); test.run();`,
    );
    assert.is(early.failed, 1);
  }),
);

test.run();
