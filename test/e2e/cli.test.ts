import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { schema } from '../../src/config/schema.generated.js';
import { version } from '../../src/model/version.generated.js';
import { program } from '../support/program.js';
import { scoped } from '../support/scope.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('command line');
const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], stdin = ''): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: 'pipe' });
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

const right = 'gateways: { main: { listen-addr: ":1", endpoints: [a:1] } }\n';

test('prints its version', async () => {
  assert.equal(await run(['--version']), {
    code: 0,
    stdout: `etcd-gateway ${version}\n`,
    stderr: '',
  });
});

test('prints help on standard output where it is asked for', async () => {
  for (const args of [['--help'], ['help'], ['help', 'start'], ['check', '--help']]) {
    const { code, stdout, stderr } = await run(args);
    assert.is(code, 0);
    assert.match(stdout, 'usage: etcd-gateway');
    assert.is(stderr, '');
  }
});

test('prints help on standard error where nothing is asked for', async () => {
  const { code, stdout, stderr } = await run([]);
  assert.is(code, 2);
  assert.is(stdout, '');
  assert.match(stderr, 'usage: etcd-gateway COMMAND');
});

test('refuses what it does not understand in one line', async () => {
  assert.equal(await run(['strat']), {
    code: 2,
    stdout: '',
    stderr: 'etcd-gateway: unknown command strat (did you mean start?)\n',
  });
  assert.equal(await run(['start', '--listen-adr=:1']), {
    code: 2,
    stdout: '',
    stderr: 'etcd-gateway: unknown flag --listen-adr (did you mean --listen-addr?)\n',
  });
  assert.equal(await run(['start', '--retry-delay=-1s']), {
    code: 2,
    stdout: '',
    stderr: 'etcd-gateway: --retry-delay: "-1s" is negative (write 1s)\n',
  });
});

test('prints the schema', async () => {
  const { code, stdout } = await run(['schema']);
  assert.is(code, 0);
  assert.equal(JSON.parse(stdout), schema);
});

test('checks the example and says what it would run', async () => {
  const { code, stdout, stderr } = await run(['check', 'gateway.example.yaml']);
  assert.is(code, 0, stderr);
  for (const line of stderr.trimEnd().split('\n')) {
    assert.match(
      line,
      /^gateway\.example\.yaml:.* warning: .* cannot be read: /,
      'of its example files',
    );
  }
  assert.match(stdout, 'gateway main\n');
  assert.match(stdout, /listens on +127\.0\.0\.1:23790/);
});

test('checks standard input', async () => {
  const { code, stdout } = await run(['check', '-'], right);
  assert.is(code, 0);
  assert.match(stdout, 'gateway main\n');
});

test('reads no more of an endless file than a configuration may have', async () => {
  const { code, stderr } = await run(['check', '/dev/zero']);
  assert.is(code, 78);
  assert.match(stderr, /^\/dev\/zero:1:1: [^\n]*1048576[^\n]*\n$/);
});

test(
  'tells all mistakes of a file, each in a line, and nothing else',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, `${right}log: { level: loud }\nadmn: {}\n`);
    assert.equal(await run(['check', file]), {
      code: 78,
      stdout: '',
      stderr: [
        `${file}:2:15: log.level: "loud" is not known here (write error, warn, info or debug)`,
        `${file}:3:1: admn: unknown key (did you mean admin?)`,
        '',
      ].join('\n'),
    });
  }),
);

test(
  'tells how many mistakes it leaves out',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    const mistakes = Array.from({ length: 25 }, (_, at) => `k${at}: 1\n`);
    await writeFile(file, right + mistakes.join(''));
    const lines = (await run(['check', file])).stderr.trimEnd().split('\n');
    assert.is(lines.length, 21);
    assert.is(lines.at(-1), `${file}: 5 more are not shown`);
  }),
);

test('says of a file that cannot be read that it cannot', async () => {
  const missing = await run(['check', '/nowhere/gateway.yaml']);
  assert.is(missing.code, 78);
  assert.is(missing.stdout, '');
  assert.is(missing.stderr, '/nowhere/gateway.yaml: there is no such file\n');
  const folder = await run(['check', '/']);
  assert.is(folder.code, 78);
  assert.is(folder.stderr, '/: it is a directory, not a file\n');
});

test(
  'does not start with a bad file',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, 'gateways: {}\n');
    const { code, stderr } = await run(['start', '--config', file]);
    assert.is(code, 78);
    assert.not.match(stderr, /^ +at /m);
  }),
);

test(
  'a start that fails is one line of the log, and its mistakes a line each',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    await writeFile(file, `${right}admn: {}\n`);
    const wrong = await run(['start', '--config', file]);
    assert.is(wrong.code, 78);
    assert.is(told(wrong.stderr).message, 'configuration refused, nothing is started');
    assert.is(told(wrong.stderr).rest, `${file}:2:1: admn: unknown key (did you mean admin?)\n`);
    const missing = await run(['start', '--config', '/nowhere/gateway.yaml']);
    assert.is(missing.code, 78);
    assert.is(told(missing.stderr).rest, '/nowhere/gateway.yaml: there is no such file\n');
  }),
);

test(
  'a start that finds its address taken tells why once, in the format of its file',
  scoped(async (scope) => {
    const { port } = await withUpstream(scope);
    const file = join(await scope.tempDir(), 'gateway.yaml');
    const main = `{ listen-addr: "127.0.0.1:${port}", endpoints: ["127.0.0.1:1"] }`;
    await writeFile(file, `gateways: { main: ${main} }\nlog: { format: text }\n`);
    const { code, stderr } = await run(['start', '--config', file]);
    assert.is(code, 1);
    assert.match(
      stderr,
      /^\S+ error configuration could not be applied, nothing is started [^\n]*\n$/,
    );
    assert.match(stderr, `cannot listen on 127.0.0.1:${port}: another process`);
  }),
);

function told(stderr: string): { readonly message: unknown; readonly rest: string } {
  const end = stderr.indexOf('\n');
  const { message } = JSON.parse(stderr.slice(0, end)) as Readonly<Record<string, unknown>>;
  return { message, rest: stderr.slice(end + 1) };
}

test.run();
