import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { scoped, type Scope } from '../support/scope.js';

const test = suite('log: pipes, sockets, files');
const program = fileURLToPath(new URL('../support/log-program.js', import.meta.url));

test(
  'keeps the event loop turning, and ends, when nobody reads its pipe',
  scoped(async (scope) => {
    const { reports, read } = piped(scope, 100_000);
    // A write that waits would wait for ever; the bounds are what a busy machine needs.
    assert.ok((await next(reports, 'worstDelayMs')) < 5_000);
    assert.ok((await next(reports, 'closedAfterMs')) < 10_000);
    await read();
  }),
);

test(
  'says how many lines it dropped once its pipe is read again',
  scoped(async (scope) => {
    const { reports, read } = piped(scope, 30_000);
    await next(reports, 'worstDelayMs');
    const lines = linesOf(await read());
    const last = lines.pop();
    assert.is(last?.message, 'log lines were dropped because nobody read the log');
    assert.is(last?.dropped, 30_000 - lines.length);
    assert.ok(lines.every(({ i }, index) => i === index));
  }),
);

test(
  'loses nothing on a socket that is read',
  scoped(async (scope) => {
    // Between Node processes, `pipe` is a pair of unix sockets: what systemd's journal gives, too.
    const child = run(scope, 'pipe');
    assert.ok(child.stderr);
    const [written] = await Promise.all([text(child.stderr), end(child)]);
    assert.is(linesOf(written).length, 2_000);
  }),
);

test(
  'goes on when its reader is gone',
  scoped(async (scope) => {
    const child = run(scope, 'pipe');
    child.stderr?.destroy();
    await end(child);
  }),
);

test(
  'loses nothing on a file',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'log');
    const handle = await open(file, 'a');
    scope.defer(() => handle.close());
    await end(run(scope, handle.fd));
    assert.is(linesOf(await readFile(file, 'utf8')).length, 2_000);
  }),
);

test(
  'goes on when what it should write to is closed',
  scoped(async (scope) => {
    const child = spawn('sh', ['-c', 'exec "$0" "$1" 10 2>&-', process.execPath, program]);
    scope.defer(() => child.kill('SIGKILL'));
    await end(child);
  }),
);

test.run();

function run(scope: Scope, stderr: number | 'pipe'): ChildProcess {
  const child = spawn(process.execPath, [program, '2000'], { stdio: ['ignore', 'ignore', stderr] });
  scope.defer(() => child.kill('SIGKILL'));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.is(code, 0);
}

/** The reading end of the log stays open and unread until the shell's own stdin ends. */
const lateReader =
  'exec 4<&0; "$0" "$1" "$2" 2>&1 >&3 4<&- | { exec 5<&0; cat <&4; exec cat <&5; }';

function piped(
  scope: Scope,
  lines: number,
): { readonly reports: AsyncIterator<string>; readonly read: () => Promise<string> } {
  const argv = ['-c', lateReader, process.execPath, program, String(lines)];
  const shell = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  scope.defer(() => shell.stdin?.destroy());
  const { stdin, stdout } = shell;
  assert.ok(stdin && stdout);
  const reports = createInterface(shell.stdio[3] as Readable)[Symbol.asyncIterator]();
  return {
    reports,
    read: async () => {
      stdin.end();
      return text(stdout);
    },
  };
}

async function next(reports: AsyncIterator<string>, key: string): Promise<number> {
  const result = (await reports.next()) as IteratorResult<string, undefined>;
  const report = JSON.parse(result.value ?? '{}') as Readonly<Record<string, number>>;
  const ms = report[key];
  assert.ok(ms !== undefined);
  return ms;
}

interface Line {
  readonly message: string;
  readonly i?: number;
  readonly dropped?: number;
}

function linesOf(written: string): Line[] {
  return written
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
