import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readToEnd, whoAnswers, withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { readyMessage, withGateway, type ConfigObject } from '../support/gateway.js';
import { needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { echo, identity, withUpstream } from '../support/upstream.js';

const test = suite('signals');
const linuxTest = needsThat(test, process.platform === 'linux' ? undefined : 'no /proc');

function draining(config: ConfigObject, timeout: string): ConfigObject {
  return { ...config, shutdown: { 'drain-timeout': timeout } };
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGXCPU', 'SIGPWR'] as const) {
  test(
    `${signal} refuses new clients, lets sessions finish, and ends with 0`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope);
      const port = await freePort();
      const config = draining(mainGateway(port, [upstream.address]), '30s');
      const gateway = await withGateway(scope, { config });
      const client = await withClient(scope, port);
      client.write('before');
      await once(client, 'data');

      gateway.signal(signal);
      await until(async () => refused(port), { what: 'the listener to be closed' });
      client.write('after');
      const [chunk] = (await once(client, 'data')) as [Buffer];
      assert.is(chunk.toString(), 'after');
      assert.is(gateway.exit, undefined);

      client.end();
      assert.is((await readToEnd(client)).length, 0);
      assert.equal(await gateway.exited, { code: 0, signal: null });
    }),
  );
}

test(
  'SIGTERM waits for sessions no longer than the drain time-out',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const config = draining(mainGateway(port, [upstream.address]), '300ms');
    const gateway = await withGateway(scope, { config });
    const client = await withClient(scope, port);
    client.write('x');
    await once(client, 'data');
    gateway.signal('SIGTERM');
    await until(() => client.destroyed, { what: 'the session to be cut' });
    assert.equal(await gateway.exited, { code: 0, signal: null });
  }),
);

test(
  'tells during a shutdown how many sessions there are still, and how long they may go on',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const [port, adminPort] = [await freePort(), await freePort()];
    const admin = `127.0.0.1:${adminPort}`;
    const config = {
      ...draining(mainGateway(port, [upstream.address]), '20s'),
      admin: { 'listen-addr': admin },
    };
    const gateway = await withGateway(scope, { config });
    const clients = [await withClient(scope, port), await withClient(scope, port)];
    for (const client of clients) {
      client.write('x');
      await once(client, 'data');
    }
    gateway.signal('SIGTERM');
    await gateway.logged('shutting down');
    const told = async (path: string): Promise<string> => {
      const answer = await fetch(`http://${admin}${path}`);
      assert.is(answer.status, 503);
      return answer.text();
    };
    const leaving = /^not ready\n- shutting down: 2 sessions, (20|1\d) s left\n$/;
    await until(async () => leaving.test(await told('/readyz')), { what: 'two sessions' });
    assert.match(await told('/readyz/main'), leaving);
    const status = await runProgram(['status', '--admin', admin]);
    assert.is(status.code, 1);
    assert.match(status.stdout, /\n! shutting down: 2 sessions, (20|1\d) s left\n/);
    clients[0]?.end();
    await until(async () => (await told('/readyz')).includes(': 1 session, '), {
      what: 'one session',
    });
    clients[1]?.end();
    assert.equal(await gateway.exited, { code: 0, signal: null });
  }),
);

test(
  'a second SIGTERM ends the process at once',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const config = draining(mainGateway(port, [upstream.address]), '60s');
    const gateway = await withGateway(scope, { config });
    const client = await withClient(scope, port);
    client.write('x');
    await once(client, 'data');
    gateway.signal('SIGTERM');
    await until(async () => refused(port), { what: 'the listener to be closed' });
    gateway.signal('SIGTERM');
    const exit = await until(() => gateway.exit, { what: 'the end', timeoutMs: 2_000 });
    assert.is(exit.signal, null);
  }),
);

test(
  'SIGHUP reads the file again where it is not watched, and keeps sessions',
  scoped(async (scope) => {
    const [old, next] = [
      await withUpstream(scope, { behaviour: identity('old') }),
      await withUpstream(scope, { behaviour: identity('new') }),
    ];
    const port = await freePort();
    const unwatched = { reload: { watch: false } };
    const gateway = await withGateway(scope, {
      config: { ...mainGateway(port, [old.address]), ...unwatched },
    });
    const client = await withClient(scope, port);
    await once(client, 'data');

    await gateway.edit({ ...mainGateway(port, [next.address]), ...unwatched });
    assert.is(await whoAnswers(port), 'old');
    const after = gateway.logs.length;
    gateway.signal('SIGHUP');
    await gateway.logged('configuration applied', { after });
    assert.is(await whoAnswers(port), 'new');
    client.write('still here');
    const [chunk] = (await once(client, 'data')) as [Buffer];
    assert.is(chunk.toString(), 'still here');
  }),
);

test(
  'SIGHUP with a broken file changes nothing and names the line',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const gateway = await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
    await gateway.edit('gateways:\n  main:\n    listen-adr: 127.0.0.1:1\n');
    gateway.signal('SIGHUP');
    await gateway.logged('configuration refused, what runs stays');
    assert.match(gateway.stderr, ':3:5: ');
    assert.is(await whoAnswers(port), 'it');
  }),
);

linuxTest(
  'SIGUSR1 never opens the inspector',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: echo });
    const port = await freePort();
    const gateway = await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
    const before = await listeners(gateway.pid);
    gateway.signal('SIGUSR1');
    gateway.signal('SIGHUP');
    await gateway.logged('configuration unchanged');
    assert.equal(await listeners(gateway.pid), before);
    assert.not.match(gateway.stderr, 'Debugger');
  }),
);

linuxTest(
  'SIGUSR1 leaves no inspector open when it comes before the program has begun',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: echo });
    const config = mainGateway(await freePort(), [upstream.address]);
    const quiet = await withGateway(scope, { config });
    const usual = await listeners(quiet.pid);
    const other = { ...config, ...mainGateway(await freePort(), [upstream.address]) };
    const gateway = await withGateway(scope, { config: other, ready: false });
    await until(async () => ((await caught(gateway.pid)) & bitOf.SIGTERM) !== 0, {
      ...{ what: 'Node to handle signals', everyMs: 1 },
    });
    gateway.signal('SIGUSR1');
    await gateway.logged(readyMessage);
    assert.is((await listeners(gateway.pid)).length, usual.length);
  }),
);

linuxTest(
  'a signal that comes while it starts does what it does later',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const config = mainGateway(port, [upstream.address]);
    const started = async () => {
      const gateway = await withGateway(scope, { config, ready: false });
      await until(async () => ((await caught(gateway.pid)) & bitOf.SIGABRT) !== 0, {
        ...{ what: 'the first line of the program', everyMs: 1 },
      });
      assert.not.match(gateway.stderr, readyMessage);
      return gateway;
    };
    for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
      const ended = await started();
      ended.signal(signal);
      assert.equal(await ended.exited, { code: 0, signal: null });
      assert.match(ended.stderr, signal);
    }
    const reloaded = await started();
    reloaded.signal('SIGUSR1');
    reloaded.signal('SIGHUP');
    await reloaded.logged('this signal does nothing');
    await reloaded.logged(readyMessage);
    assert.is(await whoAnswers(port), 'it');
  }),
);

linuxTest(
  'other signals do nothing, and each says so once',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const gateway = await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
    const signals = [
      ...(['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO'] as const),
      ...(['SIGSTKFLT', 'SIGXFSZ'] as const),
    ];
    const told = () => gateway.logs.filter(({ message }) => message === 'this signal does nothing');
    for (const signal of signals) {
      gateway.signal(signal);
      await until(() => told().at(-1)?.signal === signal, { what: `${signal} to be told` });
      gateway.signal(signal);
    }
    gateway.signal('SIGHUP');
    await gateway.logged('configuration unchanged');
    assert.equal(
      told().map(({ signal }) => signal),
      signals,
    );
    assert.is(await whoAnswers(port), 'it');
  }),
);

linuxTest(
  'SIGABRT ends it as it ends any program, for a core dump, but not without a line',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const config = mainGateway(await freePort(), [upstream.address]);
    const gateway = await withGateway(scope, { config, exitCode: null });
    gateway.signal('SIGABRT');
    assert.equal(await gateway.exited, { code: null, signal: 'SIGABRT' });
    assert.match(gateway.stderr, 'ended by a signal');
  }),
);

const bitOf = { SIGABRT: 1 << 5, SIGTERM: 1 << 14 } as const;

/** Which signals a process handles, the low 32 of them. */
async function caught(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number.parseInt(/SigCgt:\s*[0-9a-f]*([0-9a-f]{8})$/m.exec(status)?.[1] ?? '0', 16);
}

async function refused(port: number): Promise<boolean> {
  return (await whoAnswers(port)) === undefined;
}

/** Local addresses of the process's listening TCP sockets. */
async function listeners(pid: number): Promise<string[]> {
  const fds = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    fds.map(async (fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8');
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  const listening = rows.filter(([, , , state, , , , , , inode = '']) => {
    return state === '0A' && links.includes(`socket:[${inode}]`);
  });
  return listening.map(([, local = '']) => local);
}

test.run();
