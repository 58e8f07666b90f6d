import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Crew } from '../../nemesis/crew.js';
import { conclude } from '../../nemesis/report.js';
import type { Run } from '../../nemesis/run.js';
import { scoped, type Scope } from '../../support/scope.js';

const test = suite('what a run of the nemesis came to');

async function runWith(scope: Scope, problems: readonly string[]): Promise<Run> {
  const folder = join(await scope.tempDir(), 'histories');
  await mkdir(folder);
  const crew = new Crew([1, 2, 3], 5, folder);
  scope.defer(async () => crew.close());
  const deed = { atMs: 7, lastedMs: 8, fault: { kind: 'sighup' }, hit: [] } as const;
  return {
    ...{ crew, folder, problems, options: { seed: 5, members: 3, lastsMs: 60_000 } },
    nemesis: { deeds: [deed] },
    stage: { log: 'what the gateway said', logged: () => 0 },
  };
}

test(
  'a failure says what is wrong, what happened, where the histories are and how to do it again',
  scoped(async (scope) => {
    const run = await runWith(scope, ['a write is lost']);
    const failure = await conclude(run);
    assert.equal(failure.split('\n'), [
      'a write is lost',
      'faults:',
      '  {"atMs":7,"lastedMs":8,"fault":{"kind":"sighup"},"hit":[]}',
      `histories and logs: ${run.folder}`,
      'again: npm run nemesis -- --seed 5 --members 3 --minutes 1',
    ]);
    const files = await readdir(run.folder);
    const others = files.filter((name) => !name.startsWith('watcher-')).sort();
    assert.is(files.length - others.length, 6);
    assert.equal(others, [
      ...['faults.jsonl', 'gateway.log', 'problems.jsonl', 'registers.jsonl', 'writes.jsonl'],
    ]);
  }),
);

test(
  'of many problems the first ones are told',
  scoped(async (scope) => {
    const problems = Array.from({ length: 30 }, (_, index) => `problem ${index}`);
    const failure = await conclude(await runWith(scope, problems));
    assert.match(failure, 'problem 19\nand 10 more\nfaults:');
  }),
);

test(
  'nothing is kept of a run without problems',
  scoped(async (scope) => {
    const run = await runWith(scope, []);
    assert.is(await conclude(run), '');
    assert.not.ok(existsSync(run.folder));
  }),
);

test.run();
