import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { openSession, withNamed } from '../support/named.js';
import { freePort } from '../support/ports.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('signals and what a process has around it');

interface World {
  readonly gateway: GatewayProcess;
  readonly port: number;
}

async function setUp(scope: Scope, drainTimeout: string): Promise<World> {
  const [upstream] = await withNamed(scope, 'it');
  const port = await freePort();
  const config = mainGateway(port, [upstream?.address ?? '']);
  const gateway = await withGateway(scope, {
    config: { ...config, shutdown: { 'drain-timeout': drainTimeout } },
  });
  return { gateway, port };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `${signal} without sessions ends at once with 0`,
    scoped(async (scope) => {
      const { gateway } = await setUp(scope, '30s');
      gateway.signal(signal);
      const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 3_000 });
      assert.equal(exit, { code: 0, signal: null });
    }),
  );

  test(
    `${signal} refuses new clients and waits for the sessions there are`,
    scoped(async (scope) => {
      const { gateway, port } = await setUp(scope, '30s');
      const session = await openSession(scope, port);
      gateway.signal(signal);
      await until(async () => (await whoAnswers(port)) === undefined, { what: 'a refusal' });
      assert.is(await session.says('still here'), 'still here');
      assert.is(gateway.exit, undefined);
      session.end();
      const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 3_000 });
      assert.equal(exit, { code: 0, signal: null });
    }),
  );
}

test(
  'the drain ends at drain-timeout, with 0',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, '1s');
    const session = await openSession(scope, port);
    const startedMs = performance.now();
    gateway.signal('SIGTERM');
    const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 6_000 });
    assert.equal(exit, { code: 0, signal: null });
    assert.ok(performance.now() - startedMs > 900);
    await until(() => session.ended(), { what: 'the session to be closed' });
  }),
);

test(
  'a second signal ends it at once, whichever of the two it is',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, '60s');
    await openSession(scope, port);
    gateway.signal('SIGTERM');
    await gateway.logged('shutting down');
    gateway.signal('SIGINT');
    const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 3_000 });
    assert.is(exit.signal, null);
  }),
);

test(
  'SIGHUP while it drains ends nothing',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, '60s');
    const session = await openSession(scope, port);
    gateway.signal('SIGTERM');
    await gateway.logged('shutting down');
    gateway.signal('SIGHUP');
    assert.is(await session.says('a'), 'a');
    assert.is(await whoAnswers(port), undefined);
    session.end();
    const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 3_000 });
    assert.equal(exit, { code: 0, signal: null });
  }),
);

test(
  'a rain of SIGHUPs closes no session and never ends it',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, '1s');
    const session = await openSession(scope, port);
    for (let times = 0; times < 100; times++) {
      gateway.signal('SIGHUP');
      assert.is(await session.says('x'), 'x');
    }
    assert.is(gateway.exit, undefined);
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'SIGUSR1 opens no inspector and ends nothing',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, '1s');
    gateway.signal('SIGUSR1');
    gateway.signal('SIGHUP');
    await gateway.logged('configuration unchanged');
    assert.not.match(gateway.stderr, 'Debugger');
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'SIGHUP looks DNS up again where flags are the configuration',
  scoped(async (scope) => {
    const [first, second] = await withNamed(scope, 'first', 'second');
    const name = '_etcd-client._tcp.example.test';
    const target = (port = 0) => srv(name, 'infra.example.test', port, { ttl: 3_600 });
    const host = a('infra.example.test', '127.0.0.1', 3_600);
    const zone = new Zone([target(first?.port), host]);
    const dns = await DnsTestServer.start(zone.respond);
    scope.defer(async () => dns.close());
    const port = await freePort();
    const gateway = await withGateway(scope, {
      config: {
        gateways: {
          main: {
            ...{ 'listen-addr': `127.0.0.1:${port}`, 'discovery-srv': 'example.test' },
            'insecure-discovery': true,
          },
        },
        dns: { servers: [dns.address] },
      },
    });
    assert.is(await whoAnswers(port), 'first');
    zone.records = [target(second?.port), host];
    gateway.signal('SIGHUP');
    const followed = async () => (await whoAnswers(port)) === 'second';
    await until(followed, { what: 'the new answer', timeoutMs: 3_000 });
  }),
);

/** Starts it through a shell that sets the stage, and gives back how to end it. */
async function staged(scope: Scope, script: string): Promise<{ readonly port: number }> {
  const [upstream] = await withNamed(scope, 'it');
  const port = await freePort();
  const dir = await scope.tempDir();
  await chmod(dir, 0o755);
  const log = { level: 'debug', format: 'json' };
  const config = mainGateway(port, [upstream?.address ?? '']);
  const file = join(dir, 'gateway.yaml');
  const text = JSON.stringify({ ...config, log, admin: { 'listen-addr': 'off' } });
  await writeFile(file, text, { mode: 0o644 });
  const args = ['-c', script, 'sh', process.execPath, program, 'start', '--config', file];
  const child = spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  scope.defer(async () => {
    child.kill('SIGTERM');
    const [code] = await exited;
    child.stdout.destroy();
    child.stderr.destroy();
    assert.is(code, 0);
  });
  await until(async () => (await whoAnswers(port)) === 'it', { what: script, timeoutMs: 15_000 });
  return { port };
}

test(
  'serves with standard output and error closed',
  scoped(async (scope) => {
    const { port } = await staged(scope, 'exec "$@" >&- 2>&-');
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'serves, and ends, while nobody reads its standard error',
  scoped(async (scope) => {
    const { port } = await staged(scope, 'exec "$@"'); // paused pipes: nobody reads them here
    for (let client = 0; client < 500; client++) assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'serves without a home, from a directory that it cannot write to',
  scoped(async (scope) => {
    const { port } = await staged(scope, 'cd /proc && exec env -i "$@"');
    assert.is(await whoAnswers(port), 'it');
  }),
);

test(
  'runs with 64 open files, refuses the rest, and recovers',
  scoped(async (scope) => {
    const { port } = await staged(scope, 'ulimit -n 64 && exec "$@"');
    const crowd = await Promise.all(Array.from({ length: 150 }, async () => whoAnswers(port)));
    assert.ok(crowd.filter((name) => name === 'it').length > 0);
    await until(async () => (await whoAnswers(port)) === 'it', { what: 'service again' });
  }),
);

test(
  'leaves no file behind in its working directory',
  scoped(async (scope) => {
    const { gateway } = await setUp(scope, '1s');
    const dir = join(gateway.configFile, '..');
    assert.equal(await readdir(dir), ['gateway.yaml']);
  }),
);

test.run();
