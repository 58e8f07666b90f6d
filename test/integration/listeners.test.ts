import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatAddress } from '../../src/model/address.js';
import type { Sides } from '../../src/model/side.js';
import { renderUpstreams } from '../../src/observe/metrics/upstreams.js';
import { Listener } from '../../src/proxy/listener.js';
import { readExactly } from '../support/bytes.js';
import { whoAnswers, withClient } from '../support/client.js';
import { addressOf, endpointAt, settingsWith } from '../support/desired.js';
import { withLive } from '../support/live.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('listeners');
const settings = settingsWith({});
const deps = { sides: systemSides, observer: () => undefined };

test(
  'an address that moves to another gateway is never closed, and its sessions stay',
  scoped(async (scope) => {
    const one = await withUpstream(scope, { behaviour: identity('one') });
    const other = await withUpstream(scope, { behaviour: identity('other') });
    const live = await withLive(scope, { name: 'one', endpoints: [one.address] });
    const client = await withClient(scope, live.port);
    await readExactly(client, 4);
    await live.apply(
      { name: 'one', endpoints: [one.address], listen: [`127.0.0.1:${await freePort()}`] },
      { name: 'other', endpoints: [other.address] },
    );
    assert.is(await whoAnswers(live.port), 'other');
    client.write('still there');
    assert.is((await readExactly(client, 11)).toString(), 'still there');
  }),
);

test(
  'an address becomes that of all interfaces and back, while sessions run',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const client = await withClient(scope, live.port);
    await readExactly(client, 4);
    for (const host of ['0.0.0.0', '127.0.0.1', '[::]', '127.0.0.1']) {
      await live.apply({ endpoints: [upstream.address], listen: [`${host}:${live.port}`] });
      assert.is(await whoAnswers(live.port), 'one', host);
    }
    client.write('x');
    assert.is((await readExactly(client, 1)).toString(), 'x');
  }),
);

test(
  'a busy address changes nothing, says which one it is, and does not stay half bound',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const free = await freePort();
    const listen = [free, upstream.port].map((port) => `127.0.0.1:${port}`);
    const refusal = await live.apply({ endpoints: [], listen }).catch((error: unknown) => error);
    assert.ok(refusal instanceof Error);
    assert.match(refusal.message, `cannot listen on 127.0.0.1:${upstream.port}: another process`);
    assert.is(await whoAnswers(live.port), 'one');
    assert.is(await whoAnswers(free), undefined);
  }),
);

test(
  'an address that was let go for another one is back when that one is busy',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const listen = [`0.0.0.0:${live.port}`, `127.0.0.1:${upstream.port}`];
    await live.apply({ endpoints: [upstream.address], listen }).then(
      () => assert.unreachable('a busy address was bound'),
      () => undefined,
    );
    assert.is(await whoAnswers(live.port), 'one');
  }),
);

test(
  'an address stays until the commit where a new one of its port can be bound beside it',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const listen = [`127.0.0.2:${live.port}`];
    const prepared = await live.prepare({ endpoints: [upstream.address], listen });
    assert.is(await whoAnswers(live.port), 'one');
    prepared.commit();
    assert.is(await whoAnswers(live.port), undefined);
    assert.is(await whoAnswers(live.port, '127.0.0.2'), 'one');
  }),
);

test(
  'an address is let go for one that covers it only once all else is bound',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const bound: string[] = [];
    const sides: Sides = {
      ...systemSides,
      listen: async (address, options, acceptor) => {
        bound.push(formatAddress(address));
        const socket = await systemSides.listen(address, options, acceptor);
        bound.push('done');
        return socket;
      },
    };
    const live = await withLive(scope, { endpoints: [upstream.address] }, { sides });
    bound.length = 0;
    const listen = [`0.0.0.0:${live.port}`, upstream.address];
    const refusal = await live.apply({ endpoints: [], listen }).catch((error: unknown) => error);
    assert.match(String(refusal), `cannot listen on ${upstream.address}`);
    assert.equal(bound, listen, 'the old one was not bound again');
    assert.is(await whoAnswers(live.port), 'one');
  }),
);

test(
  'a unix socket may come to be named by another path of its folder',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const folder = await scope.tempDir();
    await mkdir(join(folder, 'run'));
    await symlink('run', join(folder, 'alias'));
    const paths = ['run', 'alias'].map((name) => join(folder, name, 'main.sock'));
    const live = await withLive(scope, { endpoints: [upstream.address] });
    for (const path of [...paths, ...paths]) {
      await live.apply({ endpoints: [upstream.address], listen: [`unix:${path}`] });
      const client = await withClient(scope, { path });
      assert.is((await readExactly(client, 4)).toString(), 'one\n');
    }
    await live.apply({ endpoints: [upstream.address] });
    assert.equal(await readdir(join(folder, 'run')), []);
  }),
);

test(
  'a name becomes the address that it stands for, and back',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    for (const host of ['localhost', '127.0.0.1', 'localhost']) {
      await live.apply({ endpoints: [upstream.address], listen: [`${host}:${live.port}`] });
      assert.is(await whoAnswers(live.port), 'one', host);
    }
  }),
);

test(
  'a gateway without a listener any more keeps its sessions, and is forgotten with the last',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const client = await withClient(scope, live.port);
    await readExactly(client, 4);
    const port = await freePort();
    const other = { name: 'other', endpoints: [upstream.address], listen: [`127.0.0.1:${port}`] };
    assert.is(await live.apply(other), 1);
    assert.is(await whoAnswers(live.port), undefined);
    assert.equal(
      live.views().map(({ name }) => name),
      ['other', 'main'],
    );
    client.write('x');
    await readExactly(client, 1);
    client.end();
    const forgotten = () => live.views().length === 1;
    await until(forgotten, { what: 'the gateway to be forgotten' });
  }),
);

test(
  'a gateway that is added again while its sessions last is one, with what it was',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const client = await withClient(scope, live.port);
    await readExactly(client, 4);
    const listen = [`127.0.0.1:${await freePort()}`];
    await live.apply({ name: 'other', endpoints: [upstream.address], listen });
    await live.apply({ endpoints: [upstream.address] });
    const views = live.views();
    assert.equal(
      views.map(({ name, upstreams }) => [name, upstreams.map(({ state }) => state)]),
      [['main', ['healthy', 'draining']]],
    );
    const lines = (await renderUpstreams(views)).split('\n').filter((line) => /^\w/.test(line));
    const series = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
    assert.is(new Set(series).size, series.length, 'no series is there twice');
    assert.ok(lines.some((line) => /^etcd_gateway_sessions_active\{.*\} 1$/.test(line)));
  }),
);

test(
  'IPv6 and unix sockets serve on both sides',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const path = join(dir, 'main.sock');
    const v6 = await withUpstream(scope, { behaviour: identity('v6'), host: '::1' });
    const unix = await withUpstream(scope, {
      behaviour: identity('unix'),
      path: join(dir, 'etcd.sock'),
    });
    const port = await freePort();
    const listen = [`[::1]:${port}`, `unix:${path}`];
    const live = await withLive(scope, { endpoints: [v6.address], listen });
    assert.is(await whoAnswers(port, '::1'), 'v6');
    const client = await withClient(scope, { path });
    assert.is((await readExactly(client, 3)).toString(), 'v6\n');
    client.end();
    assert.is((await live.sessionClosed(2)).client, 'unix');
    await live.apply({ endpoints: [unix.address], listen });
    assert.is(await whoAnswers(port, '::1'), 'unix');
  }),
);

test(
  'a unix socket has the mode that is asked for, leaves with its listener, and comes back',
  scoped(async (scope) => {
    const path = join(await scope.tempDir(), 'main.sock');
    const mode = async () => (await stat(path)).mode & 0o777;
    const listen = [`unix:${path}`];
    const live = await withLive(scope, { endpoints: [], listen, settings: { listenMode: 0o600 } });
    assert.is(await mode(), 0o600);
    await live.apply({ endpoints: [], listen, settings: { listenMode: 0o666 } });
    assert.is(await mode(), 0o666);
    await live.apply({ endpoints: [] });
    await stat(path).then(
      () => assert.unreachable('the socket file stayed'),
      () => undefined,
    );
    await live.apply({ endpoints: [], listen });
    assert.is(await mode(), 0o660);
  }),
);

test(
  'a unix socket that cannot be made says why, and harms no file in its place',
  scoped(async (scope) => {
    const folder = await scope.tempDir();
    const bind = (path: string) =>
      new Listener(addressOf(`unix:${path}`), { ...settings, listenMode: 0o600 }, deps).bind();
    await fails(bind(join(folder, 'no', 'main.sock')), /the socket's folder does not exist/);
    const file = join(folder, 'file');
    await writeFile(file, 'kept');
    await fails(bind(file), /a file that is no socket has this path/);
    await fails(bind(join(file, 'main.sock')), /cannot listen on unix:/);
    assert.is(await readFile(file, 'utf8'), 'kept');
  }),
);

test(
  'a unix socket that nobody listens on is replaced, one in use is not',
  scoped(async (scope) => {
    const path = join(await scope.tempDir(), 'main.sock');
    const upstream = await withUpstream(scope, { path, behaviour: identity('in use') });
    const listener = new Listener(
      addressOf(`unix:${path}`),
      { ...settings, listenMode: 0o600 },
      deps,
    );
    await fails(listener.bind(), /another process/);
    const client = await withClient(scope, { path });
    assert.is((await readExactly(client, 7)).toString(), 'in use\n');
    client.destroy();
    await upstream.close();
    leaveSocket(path);
    assert.ok((await stat(path)).isSocket());
    await listener.bind();
    listener.close();
  }),
);

test(
  'a file that is no socket is left alone',
  scoped(async (scope) => {
    const path = join(await scope.tempDir(), 'notes.txt');
    await writeFile(path, 'precious');
    const listener = new Listener(
      addressOf(`unix:${path}`),
      { ...settings, listenMode: 0o600 },
      deps,
    );
    await fails(listener.bind(), /cannot listen on unix:/);
    assert.is(await readFile(path, 'utf8'), 'precious');
  }),
);

test(
  'a client that has reset its connection before it was accepted reaches nobody, where a list decides',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const settings = { deny: ['127.0.0.0/8'] };
    const live = await withLive(scope, { endpoints: [upstream.address], settings });
    knockAndReset(live.port);
    await live.apply({ endpoints: [upstream.address], settings: { deny: ['192.0.2.1'] } });
    knockAndReset(live.port);
    assert.is(await whoAnswers(live.port), 'one');
    assert.is(upstream.sessions.length, 1);
    assert.is(live.happened('client-refused'), 0);
  }),
);

test(
  'clients that come before a gateway is there are served when it is',
  scoped(async (scope) => {
    const port = await freePort();
    const listener = new Listener(addressOf(`127.0.0.1:${port}`), undefined, deps);
    await listener.bind();
    const clients = [await withClient(scope, port), await withClient(scope, port)];
    let accepted = 0;
    const [first] = clients;
    await until(() => first?.readyState === 'open', { what: 'the connection' });
    listener.serve({
      accept: (client) => {
        accepted += 1;
        client.destroy();
      },
    });
    await until(() => accepted === 2, { what: 'both clients' });
    listener.close();
    listener.close();
  }),
);

test(
  'clients that come before a gateway is there are let go when it never is',
  scoped(async (scope) => {
    const port = await freePort();
    const listener = new Listener(addressOf(`127.0.0.1:${port}`), undefined, deps);
    await listener.bind();
    const client = await withClient(scope, port);
    const closed = once(client, 'close');
    const ended = once(client, 'end');
    await until(() => client.readyState === 'open', { what: 'the connection' });
    client.resume();
    listener.close();
    await Promise.race([closed, ended]);
  }),
);

test(
  'an endpoint that is asked to drain keeps its sessions and gets no more',
  scoped(async (scope) => {
    const [one, other] = [
      await withUpstream(scope, { behaviour: identity('one') }),
      await withUpstream(scope, { behaviour: identity('other') }),
    ];
    const live = await withLive(scope, { endpoints: [one.address, other.address] });
    await until(async () => (await whoAnswers(live.port)) === 'other', { what: 'one is next' });
    const client = await withClient(scope, live.port);
    assert.is((await readExactly(client, 4)).toString(), 'one\n');
    await live.apply({ endpoints: [endpointAt(one.address, { drain: true }), other.address] });
    for (let n = 0; n < 4; n += 1) assert.is(await whoAnswers(live.port), 'other');
    client.write('x');
    assert.is((await readExactly(client, 1)).toString(), 'x');
    await live.apply({ endpoints: [one.address, other.address] });
    const names = [await whoAnswers(live.port), await whoAnswers(live.port)];
    assert.equal(names.sort(), ['one', 'other']);
  }),
);

async function fails(work: Promise<void>, message: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error, 'it did not fail');
  assert.match(error.message, message);
}

/** As a process that is killed leaves it. */
function leaveSocket(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => {
    process.kill(process.pid, 'SIGKILL');
  });`;
  assert.throws(() => execFileSync(process.execPath, ['-e', script]));
}

/** Connects, sends and resets before this process can accept: it is busy with just this. */
function knockAndReset(port: number): void {
  const script = `const s = require('node:net').connect(${port}, '127.0.0.1', () => {
    s.write('x', () => s.resetAndDestroy());
  });`;
  execFileSync(process.execPath, ['-e', script]);
}

test.run();
