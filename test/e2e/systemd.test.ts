import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { test } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { readyMessage, withGateway } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { withProcess } from '../support/process.js';
import { program } from '../support/program.js';
import { scoped } from '../support/scope.js';
import { withActivation, withNotifySocket } from '../support/service-manager.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const run = promisify(execFile);
const unit = resolve('config/systemd/etcd-gateway.service');
const notifying = needs(test, 'python3', 'systemd-notify');
const activating = needs(test, 'python3');
const analysing = needs(test, 'systemd-analyze');

notifying(
  'tells the service manager of its readiness, reloads and end',
  scoped(async (scope) => {
    const [upstream, notify] = [await withUpstream(scope), await withNotifySocket(scope)];
    const config = mainGateway(await freePort(), [upstream.address]);
    const gateway = await withGateway(scope, { config, env: notify.env });
    const ready = await notify.received(/^READY=1$/);
    assert.equal(ready, { index: 0, message: ['READY=1', 'STATUS=serving, generation 1'] });

    const before = process.hrtime.bigint() / 1_000n;
    gateway.signal('SIGHUP');
    const reloading = await notify.received(/^RELOADING=1$/, 1);
    const [stamp = ''] = reloading.message.filter((text) => text.startsWith('MONOTONIC_USEC='));
    assert.ok(BigInt(stamp.split('=')[1] ?? '') >= before, 'when it began, on the shared clock');
    await notify.received(/^READY=1$/, reloading.index);

    gateway.signal('SIGTERM');
    const stopping = await notify.received(/^STOPPING=1$/);
    assert.ok(stopping.message.includes('EXTEND_TIMEOUT_USEC=10200000'), stopping.message.join());
  }),
);

notifying(
  'says nothing of being ready any more once a shutdown has begun',
  scoped(async (scope) => {
    const [upstream, notify] = [await withUpstream(scope), await withNotifySocket(scope)];
    const silent = await DnsTestServer.start(() => Promise.resolve([]));
    scope.defer(async () => silent.close());
    const [port, other] = [await freePort(), await freePort()];
    const discovery = { 'discovery-srv': 'slow.test', 'insecure-discovery': true };
    const gateway = await withGateway(scope, {
      config: {
        gateways: {
          main: { 'listen-addr': `127.0.0.1:${port}`, endpoints: [upstream.address] },
          slow: { 'listen-addr': `127.0.0.1:${other}`, ...discovery },
        },
        dns: { servers: [silent.address], timeout: '1s' },
        shutdown: { 'drain-timeout': '2s' },
      },
      env: notify.env,
      ready: false,
    });
    await gateway.logged('configuration applied');
    await withClient(scope, port);
    await until(() => upstream.sessions.length === 1, { what: 'the session' });
    gateway.signal('SIGTERM');
    await notify.received(/^STOPPING=1$/);
    gateway.signal('SIGHUP');
    await gateway.exited;
    assert.not.ok(
      gateway.logs.some(({ message }) => message === readyMessage),
      gateway.stderr,
    );
    const said = notify.messages.flat().map((text) => text.replace(/=.*/, ''));
    assert.equal(said, ['STOPPING', 'EXTEND_TIMEOUT_USEC', 'STATUS']);
  }),
);

notifying(
  'shows in the status what became of a change of the file, without calling it a reload',
  scoped(async (scope) => {
    const [upstream, notify] = [await withUpstream(scope), await withNotifySocket(scope)];
    const config = mainGateway(await freePort(), [upstream.address]);
    const gateway = await withGateway(scope, { config, env: notify.env });
    await notify.received(/^READY=1$/);

    await gateway.edit('gateways:\n  main:\n    listen-adr: 127.0.0.1:1\n');
    const refused = await notify.received(/^STATUS=serving generation 1, configuration refused: /);
    assert.match(refused.message[0] ?? '', 'gateway.yaml:3:5: ');
    await gateway.edit({ ...config, dns: { timeout: '3s' } });
    await notify.received(/^STATUS=serving, generation 2$/, refused.index);
    assert.not.ok(notify.messages.flat().includes('RELOADING=1'));
  }),
);

notifying(
  'feeds the watchdog for as long as its event loop turns',
  scoped(async (scope) => {
    const [upstream, notify] = [await withUpstream(scope), await withNotifySocket(scope)];
    const gateway = await withGateway(scope, {
      config: mainGateway(await freePort(), [upstream.address]),
      env: { ...notify.env, WATCHDOG_USEC: '200000' },
    });
    const first = await notify.received(/^WATCHDOG=1$/);
    await notify.received(/^WATCHDOG=1$/, first.index + 1);
    gateway.signal('SIGSTOP');
    await sleep(300); // what was on its way arrives
    const count = notify.messages.length;
    await sleep(500); // more than two watchdog times: silence must be seen to last
    assert.is(notify.messages.length, count);
    gateway.signal('SIGCONT');
    await notify.received(/^WATCHDOG=1$/, count);
  }),
);

test(
  'serves on where the service manager cannot be told, and says so once',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const gateway = await withGateway(scope, {
      config: mainGateway(port, [upstream.address]),
      env: { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '100000', PATH: '/nowhere' },
    });
    const message = 'the service manager could not be told';
    await gateway.logged(message);
    gateway.signal('SIGHUP');
    await gateway.logged('configuration unchanged');
    assert.is(await whoAnswers(port), 'it');
    assert.is(gateway.logs.filter((line) => line.message === message).length, 1);
  }),
);

for (const family of ['tcp', 'unix'] as const) {
  activating(
    `a restart refuses nobody while a service manager holds the ${family} socket`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: identity('it') });
      const dir = await scope.tempDir();
      const where = family === 'tcp' ? await freePort() : join(dir, 'main.sock');
      const listen = family === 'tcp' ? `127.0.0.1:${where}` : `unix:${where}`;
      const endpoint = `localhost:${upstream.port}`; // a name: it must be looked up first
      const configFile = join(dir, 'gateway.yaml');
      const gateways = { main: { 'listen-addr': listen, endpoints: [endpoint] } };
      const admin = { 'listen-addr': 'off' };
      await writeFile(configFile, JSON.stringify({ gateways, admin }));
      const activator = withActivation(scope, where, configFile);
      const starts = (): number => activator.stderr.split(readyMessage).length - 1;

      await until(() => starts() === 1, { what: 'the first start', timeoutMs: 10_000 });
      const answers = new Map<string, number>();
      const client = connecting(where, answers);
      for (const restart of [1, 2, 3]) {
        const before = answers.get('it') ?? 0;
        const served = (): boolean => (answers.get('it') ?? 0) >= before + 10;
        await until(served, { what: `sessions after start ${restart}`, timeoutMs: 10_000 });
        activator.signal('SIGUSR1');
        const next = restart + 1;
        await until(() => starts() === next, { what: `start ${next}`, timeoutMs: 10_000 });
      }
      await client.end();
      assert.equal([...answers.keys()], ['it']);
      if (typeof where === 'string')
        assert.ok(existsSync(where), 'the socket file is not ours to remove');
    }),
  );
}

activating(
  'a restart refuses nobody while the first answer of a discovery is on its way',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const zone = new Zone([
      srv('_etcd-client._tcp.slow.test', 'it.slow.test', upstream.port),
      a('it.slow.test', '127.0.0.1'),
    ]);
    const dns = await DnsTestServer.start(async (query, transport) => {
      await sleep(300); // as from another continent
      return zone.respond(query, transport);
    });
    scope.defer(async () => dns.close());
    const port = await freePort();
    const configFile = join(await scope.tempDir(), 'gateway.yaml');
    const discovery = { 'discovery-srv': 'slow.test', 'insecure-discovery': true };
    const config = {
      gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, ...discovery } },
      dns: { servers: [dns.address], timeout: '5s' },
      admin: { 'listen-addr': 'off' },
    };
    await writeFile(configFile, JSON.stringify(config));
    const activator = withActivation(scope, port, configFile);
    await until(() => activator.stdout !== '', { what: 'the socket to be bound' });
    const answers = new Map<string, number>();
    const client = connecting(port, answers);
    for (const restart of [1, 2]) {
      const starts = (): number => activator.stderr.split(readyMessage).length - 1;
      await until(() => starts() === restart, { what: 'the gateway', timeoutMs: 10_000 });
      const before = answers.get('it') ?? 0;
      await until(() => (answers.get('it') ?? 0) > before, { what: 'sessions' });
      if (restart === 1) activator.signal('SIGUSR1');
    }
    await client.end();
    assert.equal([...answers.keys()], ['it']);
  }),
);

/** Opens one session after the other until it is told to end; counts who answers. */
function connecting(
  where: number | string,
  answers: Map<string, number>,
): { readonly end: () => Promise<void> } {
  let isOn = true;
  const loop = async (): Promise<void> => {
    while (isOn) {
      const answer = await firstWords(where);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const done = loop();
  return {
    end: async () => {
      isOn = false;
      await done;
    },
  };
}

/** What the other side says first, or the code of the error. */
function firstWords(where: number | string): Promise<string> {
  return new Promise((answer) => {
    const socket = connect(
      typeof where === 'string' ? { path: where } : { host: '127.0.0.1', port: where },
    );
    socket.once('data', (chunk: Buffer) => {
      answer(chunk.toString().trim());
      socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => answer(error.code ?? error.message));
    socket.on('close', () => answer('nothing'));
  });
}

activating(
  'closes a passed socket that is no listen-addr, and says so',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const configFile = join(await scope.tempDir(), 'gateway.yaml');
    const config = mainGateway(await freePort(), [upstream.address]);
    await writeFile(configFile, JSON.stringify({ ...config, admin: { 'listen-addr': 'off' } }));
    const activator = withActivation(scope, await freePort(), configFile);
    const said = 'closed a passed socket that is no listen-addr of any gateway';
    await until(() => activator.stderr.includes(said), { what: said, timeoutMs: 10_000 });
    await until(() => activator.stderr.includes(readyMessage), { what: 'the gateway' });
  }),
);

activating(
  'keeps a passed socket when a reload fails, and knows it under each of its names',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const configFile = join(await scope.tempDir(), 'gateway.yaml');
    const edit = async (listen: string): Promise<void> => {
      const gateways = { main: { 'listen-addr': listen, endpoints: [upstream.address] } };
      await writeFile(
        `${configFile}.new`,
        JSON.stringify({ gateways, admin: { 'listen-addr': 'off' } }),
      );
      await rename(`${configFile}.new`, configFile);
    };
    await edit(`127.0.0.1:${port}`);
    const activator = withActivation(scope, port, configFile);
    const told = (message: string, times = 1) =>
      until(() => activator.stderr.split(message).length > times, {
        ...{ what: message, timeoutMs: 10_000 },
      });
    await told(readyMessage);
    const applied = '"configuration applied"';
    await told(applied);

    await edit(`:${port}`); // its manager has the port, whatever this process lets go
    await told('configuration could not be applied, what runs stays');
    assert.is(await whoAnswers(port), 'it');
    await edit(`localhost:${port}`);
    await told(applied, 2);
    assert.is(await whoAnswers(port), 'it');
    await edit(`127.0.0.1:${port}`);
    await told(applied, 3);
    assert.is(await whoAnswers(port), 'it');
    assert.not.match(activator.stderr, 'a listener is lost');
    assert.not.match(activator.stderr, 'closed a passed socket');
  }),
);

test(
  'refuses a passed file that is no socket in one line, with exit code 1',
  scoped(async (scope) => {
    const command = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null`;
    const flags = ['-c', command, 'sh', process.execPath, program, 'start', '--endpoints=[::1]:1'];
    const gateway = withProcess(scope, '/bin/sh', flags);
    assert.is((await gateway.exited).code, 1);
    assert.match(gateway.stderr, 'ListenStream=');
    assert.is(gateway.stderr.trim().split('\n').length, 1, gateway.stderr);
  }),
);

test('the unit is started again for as long as it takes, but not after mistakes', async () => {
  const lines = (await readFile(unit, 'utf8')).split('\n');
  for (const line of ['Restart=always', 'StartLimitIntervalSec=0']) assert.ok(lines.includes(line));
  assert.ok(lines.indexOf('StartLimitIntervalSec=0') < lines.indexOf('[Service]'));
});

analysing('the unit keeps exposure at 2.0 or below', async () => {
  const flags = ['security', '--offline=true', '--no-pager', '--threshold=20', unit];
  const { stdout } = await run('systemd-analyze', flags);
  assert.match(stdout, /exposure level for etcd-gateway.service: [01]\.\d|: 2\.0/);
});

analysing(
  'systemd finds no mistake in the units',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const text = await readFile(unit, 'utf8');
    const installed = text.replace('/usr/bin/etcd-gateway', process.execPath);
    const withoutManual = installed.replace(/^Documentation=.*\n/m, '');
    const socket = await readFile(resolve('config/systemd/etcd-gateway.socket'), 'utf8');
    await writeFile(join(dir, 'etcd-gateway.service'), withoutManual);
    await writeFile(join(dir, 'etcd-gateway.socket'), socket.replace(/^Documentation=.*\n/m, ''));
    const files = ['etcd-gateway.service', 'etcd-gateway.socket'].map((name) => join(dir, name));
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', ...files]);
    assert.is(stderr, '');
  }),
);

test.run();
