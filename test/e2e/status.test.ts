import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { State } from '../../src/observe/admin/state.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { mainGateway } from '../support/gateway-config.js';
import { withPage } from '../support/browser.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { program } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { Upstream, withUpstream } from '../support/upstream.js';

const test = suite('a running gateway, looked at');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function command(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

interface Running {
  readonly gateway: GatewayProcess;
  readonly admin: string;
  readonly upstream: Upstream;
  /** A configuration with these endpoints beside the upstream. */
  readonly config: (...endpoints: string[]) => ConfigObject;
}

async function run(scope: Scope, adminAddress?: string, tokenFile?: string): Promise<Running> {
  const upstream = await Upstream.start();
  scope.defer(() => upstream.close());
  const listen = `127.0.0.1:${await freePort()}`;
  const admin = adminAddress ?? `127.0.0.1:${await freePort()}`;
  const config = (...endpoints: string[]): ConfigObject => ({
    gateways: { main: { 'listen-addr': listen, endpoints: [upstream.address, ...endpoints] } },
    admin: { 'listen-addr': admin, ...(tokenFile !== undefined && { 'token-file': tokenFile }) },
    reload: { watch: false },
  });
  const gateway = await withGateway(scope, { config: config() });
  return { gateway, admin, upstream, config };
}

test(
  'status tells what runs, as a table and as JSON',
  scoped(async (scope) => {
    const { admin, upstream, gateway } = await run(scope);
    const table = await command('status', '--admin', admin);
    assert.is(table.code, 0, table.err);
    assert.match(table.out, /^ready, generation 1, up \d+s, version /);
    assert.match(table.out, upstream.address);
    const json = await command('status', '--json', `--admin=${admin}`);
    const state = JSON.parse(json.out) as State;
    assert.is(state.config.source, gateway.configFile);
    assert.is(state.gateways[0]?.upstreams[0]?.endpoint, upstream.address);
  }),
);

test(
  'status --watch looks again and again, until it is interrupted',
  scoped(async (scope) => {
    const { admin } = await run(scope);
    const watch = [program, 'status', '--watch', '--json', '--admin', admin];
    const child = spawn(process.execPath, watch);
    scope.defer(() => child.kill('SIGKILL'));
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(() => out.split('\n').length > 2, { what: 'a second state', timeoutMs: 10_000 });
    const times = out
      .split('\n')
      .slice(0, 2)
      .map((line) => (JSON.parse(line) as State).nowMs);
    assert.ok((times[1] ?? 0) > (times[0] ?? 0));
    child.kill('SIGINT');
    await once(child, 'close');
  }),
);

test(
  'status --watch tells an error once, and again when it changes',
  scoped(async (scope) => {
    let looks = 0;
    const server = createServer((_request, response) => {
      looks += 1;
      response.writeHead(500).end(looks < 3 ? 'first' : 'second');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const { port } = server.address() as AddressInfo;
    const watch = [program, 'status', '--watch', `--admin=127.0.0.1:${port}`];
    const child = spawn(process.execPath, watch);
    scope.defer(() => child.kill('SIGKILL'));
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until(() => looks > 3, { what: 'four looks', timeoutMs: 20_000 });
    child.kill('SIGINT');
    await once(child, 'close');
    const endings = told.split('\n').map((line) => line.split(': ').at(-1));
    assert.equal(endings, ['first', 'second', '']);
  }),
);

test(
  'reload applies what is written, and tells the plan',
  scoped(async (scope) => {
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const { admin, gateway, config } = await run(scope, socket);
    assert.match((await command('reload', '--admin', admin)).out, /^unchanged: /);
    await gateway.edit(config('127.0.0.1:9'));
    const { code, out } = await command('reload', '--admin', admin);
    assert.is(code, 0);
    assert.match(
      out,
      /^applied generation 2 in \d+ ms\n {2}\+ endpoint {2}main\/127\.0\.0\.1:9\n$/,
    );
  }),
);

test(
  'reload --dry-run tells what would change, with values, and changes nothing',
  scoped(async (scope) => {
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const { admin, gateway, config, upstream } = await run(scope, socket);
    const dryRun = () => command('reload', '--dry-run', '--admin', admin);
    assert.equal(await dryRun(), { code: 0, out: 'nothing would change\n', err: '' });
    const { gateways, ...rest } = config();
    const main = Object.values(gateways as Record<string, object>)[0];
    const endpoints = [{ addr: upstream.address, weight: 10 }, '127.0.0.1:9'];
    await gateway.edit({
      ...rest,
      gateways: { main: { ...main, endpoints, 'retry-delay': '5s' } },
    });
    const told = await dryRun();
    assert.is(told.code, 0, told.err);
    assert.is(
      told.out,
      'would change:\n' +
        '  + endpoint  main/127.0.0.1:9\n' +
        `  ~ endpoint  main/${upstream.address}  weight 1 → 10\n` +
        '  ~ setting   main.retry-delay  1m0s → 5s\n',
    );
    await gateway.edit('gateways: {}\n');
    const refused = await dryRun();
    assert.is(refused.code, 1);
    assert.match(refused.err, `${gateway.configFile}:1:`);
    assert.match(refused.err, 'would be rejected: ');
    const { config: shown, generation } = JSON.parse(
      (await command('status', '--json', '--admin', admin)).out,
    ) as State;
    assert.equal([generation, shown.file.status], [1, 'pending']);
    assert.not.ok(gateway.logs.some(({ message }) => message.startsWith('configuration refused')));
  }),
);

test(
  'check ends with a line that says valid, and only then',
  scoped(async (scope) => {
    const file = join(await scope.tempDir(), 'gateway.yaml');
    const main = { 'listen-addr': '127.0.0.1:1', endpoints: ['127.0.0.1:2'] };
    await writeFile(file, JSON.stringify({ gateways: { main } }));
    assert.match((await command('check', file)).out, new RegExp(`\\n${file} is valid\\n$`));
    const wrong = { ...main, 'health-check': { type: 'tls', tls: { 'ca-file': '/nowhere.pem' } } };
    await writeFile(file, JSON.stringify({ gateways: { main: wrong } }));
    assert.match((await command('check', file)).out, 'is valid');
    assert.not.match((await command('check', file, '--strict')).out, 'is valid');
  }),
);

test(
  'a file that is not watched is pending when it differs from what runs, until it is asked for',
  scoped(async (scope) => {
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const { admin, gateway } = await run(scope, socket);
    const { configFile } = gateway;
    const written = await readFile(configFile, 'utf8');
    const fileState = async (): Promise<State['config']['file']> => {
      const { out } = await command('status', '--json', '--admin', admin);
      return (JSON.parse(out) as State).config.file;
    };
    const seen = async (): Promise<string> => (await fileState()).status;
    assert.is(await seen(), 'running');
    for (const other of ['gateways: {}', `${written}\n# more`]) {
      await writeFile(configFile, other);
      assert.is(await seen(), 'pending', other);
    }
    const table = await command('status', '--admin', admin);
    assert.match(table.out, /the file on disk is not what runs: it has changed and is pending/);
    assert.is(table.code, 0);
    await rm(configFile);
    assert.is(await seen(), 'missing');
    await writeFile(configFile, written);
    assert.is(await seen(), 'running');

    await writeFile(configFile, 'gateways: {}');
    assert.is((await command('reload', '--admin', admin)).code, 1);
    assert.is(await seen(), 'refused');
    await writeFile(configFile, written);
    assert.is(await seen(), 'running');
    await writeFile(configFile, written.replace('"debug"', '"info"'));
    assert.is(await seen(), 'pending');
    assert.is((await command('reload', '--admin', admin)).code, 0);
    assert.is(await seen(), 'running');
  }),
);

test(
  'check --against tells what a file would change in what runs, with values, and changes nothing',
  scoped(async (scope) => {
    const { admin, gateway, upstream } = await run(scope);
    const running = JSON.parse(await readFile(gateway.configFile, 'utf8')) as ConfigObject;
    const file = join(await scope.tempDir(), 'other.yaml');
    const against = async (content: object): Promise<Run> => {
      await writeFile(file, JSON.stringify(content));
      return command('check', file, '--against', '--admin', admin);
    };
    const where = `in what runs \\(pid \\d+, ${gateway.configFile}\\)`;
    const same = await against(running);
    assert.is(same.code, 0, same.err);
    assert.match(
      same.out,
      new RegExp(`\\nnothing would change ${where}\\n\\n${file} is valid\\n$`),
    );

    const { gateways, ...rest } = running;
    const [main] = Object.values(gateways as Record<string, object>);
    const endpoints = ['127.0.0.1:9', { addr: upstream.address, weight: 10 }];
    const other = {
      ...rest,
      gateways: {
        main: { ...main, endpoints, 'idle-timeout': '30s' },
        more: { 'listen-addr': '127.0.0.1:1', endpoints: ['127.0.0.1:2'] },
      },
      log: { level: 'warn', format: 'json' },
    };
    const told = await against(other);
    assert.is(told.code, 0, told.err);
    const plan = [
      '  + gateway   more',
      '  + listener  more/127.0.0.1:1',
      '  + endpoint  main/127.0.0.1:9',
      '  + endpoint  more/127.0.0.1:2',
      `  ~ endpoint  main/${upstream.address}  weight 1 → 10`,
      '  ~ setting   main.idle-timeout  0s → 30s',
      '  ~ setting   log  level debug → warn',
    ].join('\n');
    assert.match(told.out, `:\n${plan}\n\n${file} is valid\n`);
    assert.match(told.out, new RegExp(`would change ${where}:\\n`));

    const state = await command('status', '--json', '--admin', admin);
    assert.is((JSON.parse(state.out) as State).generation, 1);
    const wrong = await against({ ...other, gateways: {} });
    assert.is(wrong.code, 78);
    assert.not.match(wrong.out, 'would change');
  }),
);

test(
  'check --against warns of what is drained by hand, unless the file drains it, too',
  scoped(async (scope) => {
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const { admin, config, upstream } = await run(scope, socket);
    const name = `main/${upstream.address}`;
    assert.is((await command('drain', name, '--admin', admin)).code, 0);
    const file = join(await scope.tempDir(), 'other.yaml');
    await writeFile(file, JSON.stringify(config()));
    const warned = await command('check', file, '--against', '--admin', admin);
    assert.is(warned.code, 0);
    assert.match(warned.err, `warning: ${name} is drained by hand`);
    const { gateways, ...rest } = config();
    const [main] = Object.values(gateways as Record<string, object>);
    const endpoints = [{ addr: upstream.address, drain: true }];
    await writeFile(file, JSON.stringify({ ...rest, gateways: { main: { ...main, endpoints } } }));
    assert.is((await command('check', file, '--against', '--admin', admin)).err, '');
  }),
);

test(
  'check --against where no gateway answers says so, and that the file is valid',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const file = join(dir, 'gateway.yaml');
    const main = { 'listen-addr': '127.0.0.1:1', endpoints: ['127.0.0.1:2'] };
    await writeFile(file, JSON.stringify({ gateways: { main } }));
    const admin = `unix:${join(dir, 'nobody.sock')}`;
    const { code, out, err } = await command('check', file, '--against', '--admin', admin);
    assert.is(code, 1);
    assert.match(err, `no gateway answers at ${admin}`);
    assert.match(out, new RegExp(`\\n${file} is valid\\n$`));
    assert.is((await command('check', file, '--admin', admin)).code, 2);
  }),
);

test(
  'reload with a token over TCP; a refused file is told with its line, and what ran runs on',
  scoped(async (scope) => {
    const tokenFile = join(await scope.tempDir(), 'token');
    await writeFile(tokenFile, 'sesame');
    const { admin, gateway } = await run(scope, undefined, tokenFile);
    await gateway.edit('gateways: {}\n');
    const denied = await command('reload', '--admin', admin);
    assert.is(denied.code, 1);
    assert.match(denied.err, '--token-file');
    const refused = await command('reload', '--admin', admin, '--token-file', tokenFile);
    assert.is(refused.code, 1);
    assert.match(refused.err, `${gateway.configFile}:1:`);
    assert.match(refused.err, 'what ran before runs on');
    const { code, out } = await command('status', '--admin', admin);
    assert.is(code, 0);
    assert.match(out, '! the file on disk is not what runs');
  }),
);

test(
  'reload of a file that is gone is rejected, what ran runs on, and a file that is back is taken',
  scoped(async (scope) => {
    const socket = `unix:${join(await scope.tempDir(), 'admin.sock')}`;
    const { admin, gateway, config } = await run(scope, socket);
    await rm(gateway.configFile);
    const gone = await command('reload', '--admin', admin);
    assert.is(gone.code, 1);
    const rejected = `rejected: ${gateway.configFile}: there is no such file; what ran before runs on`;
    assert.equal([gone.out, gone.err], ['', `${rejected}\n`]);
    const fileState = async (): Promise<string> => {
      const { code, out } = await command('status', '--json', '--admin', admin);
      assert.is(code, 0);
      return (JSON.parse(out) as State).config.file.status;
    };
    assert.is(await fileState(), 'missing');
    await gateway.edit(config());
    assert.match((await command('reload', '--admin', admin)).out, /^unchanged: /);
    assert.is(await fileState(), 'running');
  }),
);

needs(test, 'chromium')(
  'the status page follows the file: a change, a refusal, and the way back',
  scoped(async (scope) => {
    const { admin, gateway, config } = await run(scope);
    const { page, complaints } = await withPage(scope);
    await page.goto(`http://${admin}/`);
    await page.locator('#readiness', { hasText: /^ready$/ }).waitFor();
    await gateway.edit(config('127.0.0.1:9'));
    gateway.signal('SIGHUP');
    await page.locator('.diff .good', { hasText: '+ endpoint main/127.0.0.1:9' }).waitFor();
    await page.locator('tbody th', { hasText: /^127\.0\.0\.1:9$/ }).waitFor();
    await gateway.edit('gateways:\n  main:\n    listen-adr: :1\n');
    gateway.signal('SIGHUP');
    const banner = page.locator('#file-banner');
    await banner.waitFor();
    assert.match(await banner.innerText(), 'listen-adr');
    await gateway.edit(config());
    gateway.signal('SIGHUP');
    await banner.waitFor({ state: 'detached' });
    await until(async () => (await page.locator('tbody tr').count()) === 1, {
      what: 'the table of the configuration that runs',
    });
    assert.equal(complaints, []);
  }),
);

test(
  'an address goes over from a gateway to the admin server in two reloads, not in one',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const [first, second, third] = [await freePort(), await freePort(), await freePort()];
    const config = (port: number, adminPort: number): ConfigObject => ({
      ...mainGateway(port, [upstream.address]),
      admin: { 'listen-addr': `127.0.0.1:${adminPort}` },
    });
    const gateway = await withGateway(scope, { config: config(first, second) });
    await gateway.edit(config(third, first));
    const { reason } = await gateway.logged('configuration could not be applied, what runs stays');
    assert.is(
      reason,
      `admin.listen-addr 127.0.0.1:${first} cannot be bound: the address is in use`,
    );
    for (const [port, adminPort] of [
      [third, second],
      [third, first],
    ] as const) {
      const after = gateway.logs.length;
      await gateway.edit(config(port, adminPort));
      await gateway.logged('configuration applied', { after });
    }
  }),
);

test.run();
