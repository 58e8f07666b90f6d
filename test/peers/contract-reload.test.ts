import { execFile } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { openSession, shares, withNamed } from '../support/named.js';
import { freePort, freePorts } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import type { Upstream } from '../support/upstream.js';

const test = suite('reloads');
const run = promisify(execFile);

interface World {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly first: Upstream;
  readonly second: Upstream;
}

async function setUp(scope: Scope, more: ConfigObject = {}): Promise<World> {
  const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
  const port = await freePort();
  const config = { ...mainGateway(port, [first.address]), ...more };
  return { gateway: await withGateway(scope, { config }), port, first, second };
}

/** A busy machine gets more time than the second that users are promised. */
async function follows(port: number, name: string, timeoutMs = 5_000): Promise<void> {
  const followed = async () => (await whoAnswers(port)) === name;
  await until(followed, { what: `new sessions at ${name}`, timeoutMs });
}

type Edit = (file: string, text: string) => Promise<void>;

const edits: Readonly<Record<string, Edit>> = {
  'written in place': async (file, text) => writeFile(file, text),
  'truncated and written slowly': async (file, text) => {
    const handle = await open(file, 'w');
    for (let at = 0; at < text.length; at += 64) await handle.write(text.slice(at, at + 64));
    await handle.close();
  },
  'replaced by a rename': async (file, text) => {
    await writeFile(`${file}.tmp`, text);
    await rename(`${file}.tmp`, file);
  },
  'removed and written again': async (file, text) => {
    await rm(file);
    await writeFile(file, text);
  },
  'replaced by cp': async (file, text) => {
    await writeFile(`${file}.cp`, text);
    await run('cp', [`${file}.cp`, file]);
  },
  'replaced by mv with an old time': async (file, text) => {
    await writeFile(`${file}.mv`, text);
    await run('touch', ['-d', '2001-01-01', `${file}.mv`]);
    await run('mv', [`${file}.mv`, file]);
  },
};

for (const [name, edit] of Object.entries(edits)) {
  test(
    `a file that is ${name}: new sessions follow, old ones stay`,
    scoped(async (scope) => {
      const { gateway, port, first, second } = await setUp(scope);
      const session = await openSession(scope, port);
      const text = await readFile(gateway.configFile, 'utf8');
      await edit(gateway.configFile, text.replaceAll(first.address, second.address));
      await follows(port, 'second');
      assert.is(await session.says('old'), 'old');
      await edit(gateway.configFile, text);
      await follows(port, 'first');
      assert.is(await session.says('older'), 'older');
    }),
  );
}

test(
  'sed -i is followed',
  scoped(async (scope) => {
    const { gateway, port, first, second } = await setUp(scope);
    const script = `s/${first.address}/${second.address}/`;
    await run('sed', ['-i', script, gateway.configFile]);
    await follows(port, 'second');
  }),
);

test(
  'a link in the place of the file may be pointed elsewhere',
  scoped(async (scope) => {
    const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
    const port = await freePort();
    const dir = await scope.tempDir();
    for (const { address } of [first, second]) {
      const text = JSON.stringify({
        ...mainGateway(port, [address]),
        admin: { 'listen-addr': 'off' },
      });
      await writeFile(join(dir, `${address}.yaml`), text);
    }
    const file = join(dir, 'gateway.yaml');
    await symlink(`${first.address}.yaml`, file);
    await withGateway(scope, { flags: ['--config', file] });
    await symlink(`${second.address}.yaml`, join(dir, 'next'));
    await rename(join(dir, 'next'), file);
    await follows(port, 'second');
  }),
);

test(
  'an endpoint that is removed keeps its sessions, and takes new ones once it is back',
  scoped(async (scope) => {
    const { gateway, port, first, second } = await setUp(scope);
    const session = await openSession(scope, port);
    const apply = async (...endpoints: readonly string[]) => {
      const after = gateway.logs.length;
      await gateway.edit(mainGateway(port, endpoints));
      await gateway.logged('configuration applied', { after });
    };
    for (let times = 0; times < 3; times++) {
      await apply(second.address);
      assert.equal(await shares(port, 5), { second: 5 });
      await apply(first.address, second.address);
      assert.equal(await shares(port, 6), { first: 3, second: 3 });
      assert.is(await session.says(String(times)), String(times));
    }
  }),
);

test(
  'without reload.watch the file is read on SIGHUP only',
  scoped(async (scope) => {
    const unwatched = { reload: { watch: false } };
    const { gateway, port, second } = await setUp(scope, unwatched);
    gateway.overwrite({ ...mainGateway(port, [second.address]), ...unwatched });
    gateway.signal('SIGUSR1');
    assert.equal(await shares(port, 20), { first: 20 });
    gateway.signal('SIGHUP');
    await follows(port, 'second');
  }),
);

test(
  'a bad file changes nothing, is told once with its lines, and a good one is taken again',
  scoped(async (scope) => {
    const { gateway, port, second } = await setUp(scope);
    const session = await openSession(scope, port);
    const bad = 'gateways:\n  main:\n    listen-adr: ":1"\n';
    const refused = 'configuration refused, what runs stays';
    gateway.overwrite(bad);
    const line = await gateway.logged(refused);
    assert.is(line.level, 'error');
    assert.match(JSON.stringify(line), `${gateway.configFile}:3:5: gateways.main.listen-adr: `);
    const readAgain = gateway.logs.length;
    gateway.overwrite(bad);
    gateway.signal('SIGHUP');
    await gateway.logged('configuration is still refused, what runs stays', { after: readAgain });
    assert.is(gateway.logs.filter(({ level }) => level === 'error').length, 1);
    assert.is(await whoAnswers(port), 'first');
    assert.is(await session.says('x'), 'x');
    await gateway.edit(mainGateway(port, [second.address]));
    await follows(port, 'second');
  }),
);

test(
  'a file that vanishes, empties or turns into a directory changes nothing',
  scoped(async (scope) => {
    const { gateway, port, second } = await setUp(scope);
    await rm(gateway.configFile);
    gateway.signal('SIGHUP');
    await gateway.logged('configuration file cannot be read, what runs stays');
    assert.is(await whoAnswers(port), 'first');
    await mkdir(gateway.configFile);
    gateway.signal('SIGHUP');
    assert.is(await whoAnswers(port), 'first');
    await rm(gateway.configFile, { recursive: true });
    await writeFile(gateway.configFile, '');
    await gateway.logged('configuration refused, what runs stays');
    assert.is(await whoAnswers(port), 'first');
    await gateway.edit(mainGateway(port, [second.address]));
    await follows(port, 'second');
  }),
);

test(
  'listeners and gateways come and go, and sessions stay',
  scoped(async (scope) => {
    const { gateway, port, first, second } = await setUp(scope);
    const [other = 0, third = 0] = await freePorts(2);
    const session = await openSession(scope, port);
    const listens = (address: number, { address: endpoint }: Upstream): ConfigObject => ({
      ...{ 'listen-addr': `127.0.0.1:${address}`, endpoints: [endpoint] },
    });
    await gateway.edit({
      gateways: { main: listens(port, first), extra: listens(other, second) },
    });
    await follows(other, 'second');
    await gateway.edit({ gateways: { main: listens(third, first) } });
    await follows(third, 'first');
    assert.is(await whoAnswers(port), undefined);
    assert.is(await whoAnswers(other), undefined);
    assert.is(await session.says('moved'), 'moved');
  }),
);

test(
  'a reload that wants a busy address changes nothing at all',
  scoped(async (scope) => {
    const { gateway, port, first, second } = await setUp(scope);
    const endpoints = [second.address];
    await gateway.edit({
      gateways: {
        main: { 'listen-addr': `127.0.0.1:${port}`, endpoints },
        busy: { 'listen-addr': first.address, endpoints },
      },
    });
    const line = await gateway.logged('configuration could not be applied, what runs stays');
    assert.match(JSON.stringify(line), first.address);
    assert.equal(await shares(port, 4), { first: 4 });
  }),
);

test(
  'a hundred reloads under open sessions lose none of them and leave nothing open',
  scoped(async (scope) => {
    const fast = { reload: { 'quiet-period': '10ms' }, log: { level: 'info', format: 'json' } };
    const { gateway, port, first, second } = await setUp(scope, fast);
    const sessions = await Promise.all(
      Array.from({ length: 20 }, async () => openSession(scope, port)),
    );
    const handles = async () => (await run('ls', [`/proc/${gateway.pid}/fd`])).stdout.length;
    const before = await handles();
    for (let times = 1; times <= 100; times++) {
      const endpoints = times % 2 === 0 ? [first.address] : [second.address, first.address];
      const after = gateway.logs.length;
      await gateway.edit({ ...mainGateway(port, endpoints), ...fast });
      await gateway.logged('configuration applied', { after });
    }
    for (const session of sessions) assert.is(await session.says('there'), 'there');
    await until(async () => (await handles()) <= before + 20, { what: 'files to be closed' });
  }),
);

test(
  'every setting of the process follows the file',
  scoped(async (scope) => {
    const { gateway, port, first } = await setUp(scope);
    const [adminPort = 0] = await freePorts(1);
    const after = gateway.logs.length;
    await gateway.edit({
      ...mainGateway(port, [first.address], { 'retry-delay': '5s' }),
      admin: { 'listen-addr': `127.0.0.1:${adminPort}` },
      dns: { servers: ['127.0.0.1:9'], timeout: '1s', 'min-ttl': '1s', 'max-ttl': '2s' },
      shutdown: { 'drain-timeout': '300ms' },
      log: { level: 'debug', format: 'text' },
    });
    const admin = await until(async () => withClient(scope, adminPort), { what: 'the admin' });
    admin.destroy();
    const text = () => gateway.logs.slice(after).some(({ level }) => level === 'text');
    await until(text, { what: 'a log for people' });
  }),
);

test.run();
