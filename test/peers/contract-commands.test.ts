import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { readyMessage, withGateway } from '../support/gateway.js';
import { shares, withNamed } from '../support/named.js';
import { freePort, freePorts } from '../support/ports.js';
import { withProcess } from '../support/process.js';
import { program, runProgram } from '../support/program.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('commands');

test('version, help and schema go to standard output and succeed', async () => {
  const wanted: readonly (readonly [readonly string[], RegExp])[] = [
    ...[['--version'], ['-v'], ['version']].map(
      (words) => [words, /^etcd-gateway \d+\.\d+\.\d+\n$/] as const,
    ),
    [['--help'], /start[\s\S]*check[\s\S]*reload[\s\S]*status[\s\S]*schema/],
    [
      ['help', 'start'],
      /--endpoints[\s\S]*--listen-addr[\s\S]*--retry-delay[\s\S]*--discovery-srv/,
    ],
    [['help', 'check'], /FILE/],
    [['help', 'reload'], /--admin/],
    [['help', 'status'], /--json[\s\S]*--watch|--watch[\s\S]*--json/],
    [['start', '--help'], /--insecure-discovery[\s\S]*--trusted-ca-file/],
  ];
  for (const [args, pattern] of wanted) {
    const { code, stdout, stderr } = await runProgram(args);
    assert.is(code, 0, args.join(' '));
    assert.match(stdout, pattern);
    assert.is(stderr, '');
  }
  const { code, stdout } = await runProgram(['schema']);
  assert.is(code, 0);
  assert.equal(
    JSON.parse(stdout),
    JSON.parse(await readFile('schemas/gateway.schema.json', 'utf8')),
  );
});

const usage: readonly (readonly string[])[] = [
  ['frobnicate'],
  ['start', '--frobnicate'],
  ['start', 'extra'],
  ['start', '--config'],
  ['start', '--config', 'g.yaml', '--endpoints', '127.0.0.1:1'],
  ['start', '--config', 'g.yaml', '--retry-delay=1s'],
  ['--listen-addr=127.0.0.1:1', 'start', '--config', 'g.yaml'],
  ['start', '--config', 'g.yaml', '--insecure-discovery'],
  ['start', '--endpoints', '127.0.0.1:1', '--retry-delay=-1s'],
  ['start', '--endpoints', '127.0.0.1:1', '--retry-delay=5'],
  ...['99999', 'http', '', '-5', '2379abc'].flatMap((port) => [
    ['start', '--endpoints', `127.0.0.1:${port}`],
    ['start', '--endpoints', '127.0.0.1:1', '--listen-addr', `127.0.0.1:${port}`],
  ]),
  ['start', '--endpoints', 'http://127.0.0.1:2379'],
  ['start', '--listen-addr', '0.0.0.0:20999', '--endpoints', '127.0.0.1:20999'],
  ['schema', 'extra'],
  ['check', '--frobnicate'],
  ['reload', '--frobnicate'],
  ['status', 'main', 'extra'],
];

for (const args of usage) {
  test(`refused with 2 and one line: ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await runProgram(args);
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, /^[^\n]+\n$/);
  });
}

test('says that a file and flags exclude each other', async () => {
  const { stderr } = await runProgram(['start', '--config', 'g.yaml', '--endpoints', 'a:1']);
  assert.match(stderr, '--config');
  assert.match(stderr, '--endpoints');
  assert.match(stderr, 'exclude each other');
});

test(
  'endpoints may be repeated and parted by commas, and names their ready line',
  scoped(async (scope) => {
    const all = await withNamed(scope, 'a', 'b', 'c');
    const [first, second, third] = all.map(({ address }) => address) as [string, string, string];
    const port = await freePort();
    const flags = [`--endpoints=${first},${second}`, '--endpoints', third];
    const gateway = await withGateway(scope, {
      flags: [...flags, '--listen-addr', `127.0.0.1:${port}`],
    });
    const ready = await gateway.logged(readyMessage);
    for (const { address } of all) assert.match(JSON.stringify(ready), address);
    assert.equal(await shares(port, 9), { a: 3, b: 3, c: 3 });
  }),
);

test(
  'flags may stand before start',
  scoped(async (scope) => {
    const [upstream] = await withNamed(scope, 'it');
    const port = await freePort();
    const endpoints = ['--endpoints', upstream?.address ?? ''];
    const args = [program, ...endpoints, 'start', '--listen-addr', `127.0.0.1:${port}`];
    const gateway = withProcess(scope, process.execPath, args);
    await until(() => gateway.stderr.includes(readyMessage), { what: 'the ready line' });
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'a busy listener is a failure at run time, and names the address',
  scoped(async (scope) => {
    const { port } = await withUpstream(scope);
    const flags = ['--listen-addr', `127.0.0.1:${port}`, '--endpoints', '127.0.0.1:1'];
    const { code, stderr } = await runProgram(['start', ...flags]);
    assert.is(code, 1);
    assert.match(stderr, `127.0.0.1:${port}`);
    assert.not.match(stderr, readyMessage);
    assert.not.match(stderr, /^ +at /m);
  }),
);

test(
  'start tells the mistakes of a file as check does, and exits with 78',
  scoped(async (scope) => {
    const cwd = await scope.tempDir();
    const text = 'gateways:\n  main:\n    listen-adr: ":1"\n    endpoints: ["https://h:2379"]\n';
    await writeFile(join(cwd, 'g.yaml'), text);
    const started = await runProgram(['start', '--config', 'g.yaml'], { cwd });
    const checked = await runProgram(['check', 'g.yaml'], { cwd });
    assert.is(started.code, 78);
    const lines = started.stderr.split('\n');
    for (const line of checked.stderr.trimEnd().split('\n')) assert.ok(lines.includes(line), line);
    assert.not.match(started.stderr, readyMessage);
  }),
);

test('start exits with 78 where the file is missing or a directory', async () => {
  for (const file of ['/nowhere/gateway.yaml', '/']) {
    const { code, stderr } = await runProgram(['start', '--config', file]);
    assert.is(code, 78);
    assert.match(stderr, file);
    assert.not.match(stderr, /^ +at /m);
  }
});

test('status and reload of nobody exit with 1, and say where they looked', async () => {
  const port = await freePort();
  for (const command of ['status', 'reload']) {
    const { code, stderr } = await runProgram([command, '--admin', `127.0.0.1:${port}`]);
    assert.is(code, 1);
    assert.match(stderr, `127.0.0.1:${port}`);
    assert.not.match(stderr, /^ +at /m);
  }
});

test(
  'status shows each endpoint, why it is out, and exits by readiness',
  scoped(async (scope) => {
    const [alive, dead] = await withNamed(scope, 'alive', 'dead');
    const [port = 0, adminPort = 0] = await freePorts(2);
    const admin = `127.0.0.1:${adminPort}`;
    await withGateway(scope, {
      config: {
        ...mainGateway(port, [alive?.address ?? '', dead?.address ?? '']),
        admin: { 'listen-addr': admin },
      },
    });
    await dead?.close();
    assert.equal(await shares(port, 4), { alive: 4 });
    const table = await runProgram(['status', '--admin', admin]);
    assert.is(table.code, 0);
    assert.match(table.stdout, new RegExp(`${alive?.address} +healthy`));
    assert.match(table.stdout, new RegExp(`${dead?.address} +ejected`));
    assert.match(table.stdout, /refused/i);
    assert.not.match(table.stdout, '\u001b');
    for (const line of table.stdout.split('\n')) assert.ok(line.length <= 80, line);
    const json = await runProgram(['status', '--json', '--admin', admin]);
    assert.is(json.code, 0);
    assert.is((JSON.parse(json.stdout) as { ready: boolean }).ready, true);
    await alive?.close();
    assert.equal(await shares(port, 3), { nobody: 3 });
    const after = await runProgram(['status', '--admin', admin]);
    assert.is(after.code, 1);
    assert.match(after.stdout, 'not ready');
  }),
);

test(
  'reload prints the plan, that nothing changed, or why not',
  scoped(async (scope) => {
    const [first, second] = await withNamed(scope, 'first', 'second');
    const port = await freePort();
    const socket = `unix:${await scope.tempDir()}/admin.sock`;
    const common = { admin: { 'listen-addr': socket }, reload: { watch: false } };
    const gateway = await withGateway(scope, {
      config: { ...mainGateway(port, [first?.address ?? '']), ...common },
    });
    const reload = async () => runProgram(['reload', '--admin', socket]);
    const unchanged = await reload();
    assert.is(unchanged.code, 0);
    assert.match(unchanged.stdout, 'unchanged');

    await gateway.edit({ ...mainGateway(port, [second?.address ?? '']), ...common });
    const applied = await reload();
    assert.is(applied.code, 0);
    assert.match(applied.stdout, new RegExp(`\\+.*${second?.address}`));
    assert.match(applied.stdout, new RegExp(`-.*${first?.address}`));
    assert.is(await whoAnswers(port), 'second');

    gateway.overwrite('gateways:\n  main:\n    listen-adr: :1\n');
    const rejected = await reload();
    assert.is(rejected.code, 1);
    assert.match(rejected.stdout + rejected.stderr, `${gateway.configFile}:3:5: `);
    assert.is(await whoAnswers(port), 'second');
  }),
);

test(
  'where the default admin address is taken, the gateway warns and runs',
  scoped(async (scope) => {
    const squatter = createServer((_request, response) => response.end());
    squatter.on('error', () => undefined); // somebody else has it: as good
    squatter.listen(23791, '127.0.0.1');
    await Promise.race([once(squatter, 'listening'), once(squatter, 'error')]);
    scope.defer(() => squatter.close());
    const [upstream] = await withNamed(scope, 'it');
    const port = await freePort();
    const flags = ['--listen-addr', `127.0.0.1:${port}`, '--endpoints', upstream?.address ?? ''];
    const gateway = await withGateway(scope, { flags });
    assert.ok(
      gateway.logs.some(({ level, ...rest }) => {
        return level === 'warn' && JSON.stringify(rest).includes('127.0.0.1:23791');
      }),
    );
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'a configured admin address that is taken is a failure',
  scoped(async (scope) => {
    const busy = await withUpstream(scope);
    const gateway = await withGateway(scope, {
      config: {
        ...mainGateway(await freePort(), ['127.0.0.1:1']),
        admin: { 'listen-addr': `127.0.0.1:${busy.port}` },
      },
      ...{ ready: false, exitCode: 1 },
    });
    assert.equal(await gateway.exited, { code: 1, signal: null });
    assert.match(gateway.stderr, `127.0.0.1:${busy.port}`);
  }),
);

test.run();
