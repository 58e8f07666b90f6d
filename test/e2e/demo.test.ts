import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped } from '../support/scope.js';

const test = suite('demo');

test(
  'ends in order, and leaves nothing behind, when nobody reads on',
  scoped(async (scope) => {
    const folder = await scope.tempDir();
    const demo = spawn(process.execPath, [resolve('dist/scripts/demo.js')], {
      env: { PATH: folder, TMPDIR: folder }, // no etcd there: it takes its stand-ins
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    scope.defer(() => demo.kill('SIGKILL'));
    const ended = once(demo, 'close') as Promise<[number | null]>;
    const complaints = text(demo.stderr);
    let shown = '';
    demo.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.includes('gateway | ')) demo.stdout.destroy(); // it has started one
    });
    const [code] = await ended;
    assert.is(await complaints, '');
    assert.is(code, 1);
    assert.match(shown, 'gateway | ');
    assert.not.match(shown, 'In all');
    assert.equal(readdirSync(folder), []);
  }),
);

test.run();
