import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('the thread of the data path');

const program = resolve('dist/test/support/thread-program.js');

interface Ended {
  /** Or the signal that has ended it. */
  readonly code: number | string | undefined;
  readonly out: string;
}

/** A thread that is not woken holds the end up for ever. */
function ends(way: string): Promise<Ended> {
  return new Promise((settle) => {
    const options = { timeout: 20_000, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [program, way], options, (error, out) => {
      settle({ code: error ? (error.code ?? error.signal) : 0, out });
    });
  });
}

const ways: readonly (readonly [string, string, number, RegExp])[] = [
  ['when it is closed', 'close', 0, /^open\n$/],
  ['when the program exits, whatever runs', 'exit', 3, /^open\n$/],
  ['when an error of the main thread is caught by nobody', 'throw', 1, /^open\n$/],
  ['by a defect of its own, which is told', 'defect', 1, /^open\nfailed: nothing is prepared\n$/],
];

for (const [name, way, code, out] of ways) {
  test(`ends ${name}`, async () => {
    const ended = await ends(way);
    assert.match(ended.out, out);
    assert.is(ended.code, code);
  });
}

test.run();
