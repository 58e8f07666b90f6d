import { spawn } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped, type Scope } from '../support/scope.js';
import { watchFile, whole, type WatchedFile } from '../support/watched-file.js';

const test = suite('file: a busy folder');

test(
  'renames beside the file cost next to nothing, and its own change is seen among them',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const file = join(dir, 'gateway.yaml');
    await writeFile(file, whole('one'));
    for (let i = 0; i < 300; i += 1) await writeFile(join(dir, `other-${i}.txt`), 'x');
    const watched = await watchFile(scope, file);
    await startRenames(scope, dir);
    const share = await shareOfCore(3_000);
    assert.ok(share < 0.05, `it took ${(100 * share).toFixed(1)} % of a core`);
    await changes(file, watched);
  }),
);

test.run();

async function changes(file: string, watched: WatchedFile): Promise<void> {
  await writeFile(file, whole('two'));
  await watched.seen('two');
  await writeFile(`${file}.new`, whole('three'));
  await rename(`${file}.new`, file);
  await watched.seen('three');
  assert.equal(watched.readings(), ['one', 'two', 'three']);
}

/** Resolves once 70 renames a second go on, made by a process of their own. */
async function startRenames(scope: Scope, dir: string): Promise<void> {
  const script = `
    const { renameSync } = require('node:fs');
    let turn = 0;
    setInterval(() => {
      const at = turn++ % 300;
      const name = process.argv[1] + '/other-' + at + '.txt';
      renameSync(name, name + '.tmp');
      renameSync(name + '.tmp', name);
    }, 1000 / 35);
    console.log('begun');`;
  const child = spawn(process.execPath, ['-e', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  scope.defer(async () => {
    child.kill();
    await ended;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

/** CPU time of this process, as a share of the time that passes. */
async function shareOfCore(forMs: number): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  await sleep(forMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - began);
}
