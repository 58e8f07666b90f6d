import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { howEnded, readToEnd, whoAnswers, withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { openSession, shares, withNamed } from '../support/named.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream, type Behaviour, type Upstream } from '../support/upstream.js';

/** Cases of Envoy's tests of its TCP proxy, outlier detection and file watcher. */
const test = suite('as Envoy');

async function front(
  scope: Scope,
  behaviour: Behaviour,
  more: ConfigObject = {},
): Promise<{ readonly port: number; readonly upstream: Upstream }> {
  const upstream = await withUpstream(scope, { behaviour });
  const port = await freePort();
  await withGateway(scope, { config: mainGateway(port, [upstream.address], more) });
  return { port, upstream };
}

test(
  'TcpProxyUpstreamWritesFirst: who speaks first is heard',
  scoped(async (scope) => {
    const { port } = await front(scope, (socket) => {
      socket.write('hello');
      socket.on('data', () => socket.end('world'));
    });
    const client = await withClient(scope, port);
    const [greeting] = (await once(client, 'data')) as [Buffer];
    assert.is(greeting.toString(), 'hello');
    client.write('x');
    assert.is(String(await readToEnd(client)), 'world');
  }),
);

test(
  'TcpProxyUpstreamDisconnect: an end of the server with its last bytes arrives whole',
  scoped(async (scope) => {
    const { port } = await front(scope, (socket) => socket.end(Buffer.alloc(3_000_000, 'w')));
    const client = await withClient(scope, port);
    assert.is((await readToEnd(client)).length, 3_000_000);
  }),
);

test(
  'TcpProxyLargeWrite: 16 MiB there and back, with pauses',
  scoped(async (scope) => {
    const { port } = await front(scope, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        if (!socket.write(chunk)) socket.pause();
      });
      socket.on('drain', () => socket.resume());
      socket.on('end', () => socket.end());
    });
    const client = await withClient(scope, port);
    client.end(Buffer.alloc(16 * 1024 * 1024, 'a'));
    await sleep(300);
    assert.is((await readToEnd(client)).length, 16 * 1024 * 1024);
  }),
);

test(
  'TcpProxyUpstreamFlush: 50 MiB reach a reader that stalls, though the server has gone',
  scoped(async (scope) => {
    const size = 50 * 1024 * 1024;
    const { port } = await front(scope, (socket) => socket.end(Buffer.alloc(size, 'b')));
    const client = await withClient(scope, port);
    let received = 0;
    for (let stall = 0; stall < 3; stall++) {
      await sleep(200);
      received += (client.read() as Buffer | null)?.length ?? 0;
    }
    received += (await readToEnd(client)).length;
    assert.is(received, size);
  }),
);

test(
  'TcpProxyDownstreamFlush: what the client has sent and left reaches a server that stalls',
  scoped(async (scope) => {
    const size = 20 * 1024 * 1024;
    const { port, upstream } = await front(scope, (socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 600);
      socket.on('end', () => socket.end());
    });
    const client = await withClient(scope, port);
    client.end(Buffer.alloc(size, 'c'));
    client.resume();
    await until(() => upstream.sessions[0]?.ended, { what: 'the end', timeoutMs: 15_000 });
    assert.is(upstream.sessions[0]?.bytesReceived, size);
  }),
);

test(
  'TestIdleTimeoutWithNoData: a session that stands still is closed on both sides',
  scoped(async (scope) => {
    const { port, upstream } = await front(
      scope,
      (socket) => socket.on('end', () => socket.end()),
      {
        'idle-timeout': '400ms',
      },
    );
    const client = await withClient(scope, port);
    await readToEnd(client).catch(() => undefined);
    await until(() => upstream.sessions[0]?.ended ?? upstream.sessions[0]?.closed, {
      what: 'the end at the server',
    });
  }),
);

test(
  'TestIdleTimeoutWithLargeOutstandingData: what was cut short does not look complete',
  scoped(async (scope) => {
    const size = 16_000_000;
    const { port } = await front(scope, (socket) => socket.write(Buffer.alloc(size)), {
      'idle-timeout': '500ms',
    });
    const client = await withClient(scope, port); // stalls for longer than that
    await sleep(1_500);
    client.resume();
    await until(() => client.readableEnded || client.destroyed, { what: 'the end' });
    assert.is(await howEnded(client), 'reset', `after ${client.bytesRead} bytes`);
  }),
);

test(
  'TestIdleTimeout: traffic in one direction keeps a session',
  scoped(async (scope) => {
    const { port } = await front(scope, (socket) => void socket.resume(), {
      'idle-timeout': '600ms',
    });
    const client = await withClient(scope, port);
    for (let at = 0; at < 12; at++) {
      client.write('.');
      await sleep(150);
    }
    assert.not.ok(client.destroyed);
  }),
);

test(
  'TestMaxDownstreamConnectionDuration: a session is closed when it is old enough, busy or not',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'it')) as [Upstream];
    const port = await freePort();
    const more = { 'max-session-age': '700ms' };
    await withGateway(scope, { config: mainGateway(port, [it.address], more) });
    const session = await openSession(scope, port);
    const startedMs = performance.now();
    while (!session.ended()) {
      await session.says('.').catch(() => undefined);
      assert.ok(performance.now() - startedMs < 5_000, 'it lives on');
    }
    assert.ok(performance.now() - startedMs > 400);
  }),
);

test(
  'outlier detection, maximum ejection: with all of them out, all of them are tried',
  scoped(async (scope) => {
    const all = (await withNamed(scope, 'a', 'b')) as [Upstream, Upstream];
    const port = await freePort();
    const endpoints = all.map(({ address }) => address);
    await withGateway(scope, { config: mainGateway(port, endpoints, { 'retry-delay': '10m' }) });
    for (const upstream of all) await upstream.close();
    assert.equal(await shares(port, 10), { nobody: 10 });
    for (const upstream of all) await upstream.listen();
    const counts = await shares(port, 20);
    assert.is(counts.nobody, undefined, JSON.stringify(counts));
  }),
);

test(
  'watcher: a link that is swapped twice, and a parent that goes and comes',
  scoped(async (scope) => {
    const names = ['v1', 'v2', 'v3', 'v4'];
    const all = await withNamed(scope, ...names);
    const port = await freePort();
    const dir = await scope.tempDir();
    const put = async (folder: string, upstream: Upstream | undefined) => {
      await mkdir(join(dir, folder));
      const text = JSON.stringify({
        ...mainGateway(port, [upstream?.address ?? '']),
        admin: { 'listen-addr': 'off' },
      });
      await writeFile(join(dir, folder, 'gateway.yaml'), text);
    };
    for (const [at, name] of names.slice(0, 3).entries()) await put(name, all[at]);
    const point = async (target: string) => {
      await symlink(target, join(dir, 'next'));
      await rename(join(dir, 'next'), join(dir, '..data'));
    };
    await point('v1');
    await symlink('..data/gateway.yaml', join(dir, 'gateway.yaml'));
    await withGateway(scope, { flags: ['--config', join(dir, 'gateway.yaml')] });
    const follows = async (name: string) =>
      until(async () => (await whoAnswers(port)) === name, { what: name, timeoutMs: 8_000 });
    await follows('v1');
    await point('v2');
    await rm(join(dir, 'v1'), { recursive: true });
    await follows('v2');
    await point('v3');
    await follows('v3');
    await rm(join(dir, 'v3'), { recursive: true });
    assert.is(await whoAnswers(port), 'v3');
    await put('v3', all[3]);
    await follows('v4');
  }),
);

test.run();
