import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { findHandles, handleOf } from '../../../src/proxy/handles.js';

const test = suite('handles');

type Binding = Readonly<Record<string, unknown>>;

/** What a Node has, by the names of its bindings. */
const whole: Readonly<Record<string, Binding>> = {
  tcp_wrap: {
    TCP: classWith(
      ...['connect', 'connect6', 'reset', 'setNoDelay', 'setKeepAlive', 'getpeername'],
      ...[
        'getsockname',
        'useUserBuffer',
        'readStart',
        'readStop',
        'writeBuffer',
        'shutdown',
        'close',
      ],
    ),
    TCPConnectWrap: classWith(),
    constants: { SOCKET: 0 },
  },
  pipe_wrap: {
    Pipe: classWith(
      ...['connect', 'useUserBuffer', 'readStart', 'readStop', 'writeBuffer', 'shutdown', 'close'],
    ),
    PipeConnectWrap: classWith(),
    constants: { SOCKET: 0 },
  },
  stream_wrap: {
    WriteWrap: classWith(),
    ShutdownWrap: classWith(),
    streamBaseState: new Int32Array(4),
    kReadBytesOrError: 0,
    kLastWriteWasAsync: 3,
  },
};

function classWith(...methods: readonly string[]): unknown {
  const prototype = Object.fromEntries(methods.map((name) => [name, () => 0]));
  return Object.assign(() => undefined, { prototype });
}

test('are all there in a Node that has all of it', () => {
  assert.ok(findHandles((name) => whole[name]));
});

for (const [name, parts] of Object.entries(whole)) {
  test(`are none where ${name} is missing`, () => {
    assert.is(
      findHandles((wanted) => (wanted === name ? undefined : whole[wanted])),
      undefined,
    );
  });

  for (const part of Object.keys(parts)) {
    test(`are none where ${name} has no ${part}`, () => {
      const rest = { ...parts, [part]: undefined };
      assert.is(
        findHandles((wanted) => (wanted === name ? rest : whole[wanted])),
        undefined,
      );
    });
  }
}

test('are none where a class lacks a method', () => {
  const lacking = { ...whole.tcp_wrap, TCP: classWith('connect', 'close') };
  assert.is(
    findHandles((name) => (name === 'tcp_wrap' ? lacking : whole[name])),
    undefined,
  );
});

test('of a server are there once it listens', async () => {
  const server = createServer();
  assert.is(handleOf(server), undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  assert.is(Boolean(handleOf(server)), true);
  server.close();
});

/** Which sides a fresh Node chooses. */
function chosen(...flags: readonly string[]): string {
  const sides = pathToFileURL(resolve('dist/src/proxy/system-sides.js')).href;
  const script = `const { systemSides } = await import('${sides}'); console.log(systemSides().kind)`;
  const args = [...flags, '--input-type=module', '-e', script];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return execFileSync(process.execPath, args, { encoding: 'utf8', env }).trim();
}

test('are what this Node has', () => {
  assert.is(chosen(), 'handles');
});

test('are done without where a Node keeps them to itself', () => {
  const preload = pathToFileURL(resolve('dist/test/support/without-handles.js')).href;
  assert.is(chosen('--import', preload), 'streams');
});

test.run();
