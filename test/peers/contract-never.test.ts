import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { howEnded, readToEnd, whoAnswers, withClient } from '../support/client.js';
import { srvName, withDiscovering } from '../support/discovering.js';
import { rcodes, reply, silence, srv, type Responder } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { openSession, shares, withNamed } from '../support/named.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import {
  hang,
  sayAndEnd,
  withUpstream,
  type Behaviour,
  type Upstream,
} from '../support/upstream.js';

const test = suite('what never happens');

interface World {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly upstream: Upstream;
}

async function setUp(scope: Scope, behaviour?: Behaviour, more: ConfigObject = {}): Promise<World> {
  const upstream = await withUpstream(scope, behaviour === undefined ? {} : { behaviour });
  const port = await freePort();
  const config = mainGateway(port, [upstream.address], more);
  return { gateway: await withGateway(scope, { config }), port, upstream };
}

const failures: Readonly<Record<string, Responder>> = {
  silence,
  NXDOMAIN: (query) => [reply(query, { rcode: rcodes.nxdomain })],
  SERVFAIL: (query) => [reply(query, { rcode: rcodes.servfail })],
  REFUSED: (query) => [reply(query, { rcode: rcodes.refused })],
  'an empty answer': (query) => [reply(query)],
  garbage: () => [randomBytes(40)],
  'a target of "."': (query) => [reply(query, { answers: [srv(srvName, '.', 0, { ttl: 1 })] })],
};

for (const [what, respond] of Object.entries(failures)) {
  test(
    `a pool that has served is not emptied by ${what}`,
    scoped(async (scope) => {
      const { dns, port, gateway } = await withDiscovering(scope, await withNamed(scope, 'it'));
      assert.is(await whoAnswers(port), 'it');
      const session = await openSession(scope, port);
      const asked = dns.asked.length;
      dns.respond = respond;
      await until(() => dns.asked.length > asked + 2, { what: 'questions', timeoutMs: 8_000 });
      await gateway.logged('discovery failed, its last answer stays in use');
      assert.equal(await shares(port, 3), { it: 3 });
      assert.is(await session.says('x'), 'x');
    }),
  );
}

test(
  'clients are never refused because of a stale verdict',
  scoped(async (scope) => {
    const upstreams = await withNamed(scope, 'a', 'b', 'c');
    const port = await freePort();
    const endpoints = upstreams.map(({ address }) => address);
    await withGateway(scope, { config: mainGateway(port, endpoints, { 'retry-delay': '10m' }) });
    for (const upstream of upstreams) await upstream.close();
    assert.equal(await shares(port, 12), { nobody: 12 });
    await upstreams[1]?.listen();
    assert.is(await whoAnswers(port), 'b');
    for (const upstream of upstreams) await upstream.listen();
    const all = async () => Object.keys(await shares(port, 6)).length === 3;
    await until(all, { what: 'all of them to serve', timeoutMs: 15_000 });
  }),
);

test(
  'half-close passes through in both directions',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope, sayAndEnd('done\n'));
    const client = await withClient(scope, port);
    assert.is(String(await readToEnd(client)), 'done\n');
    await sleep(300); // its other direction stays open for as long as it likes
    client.end(Buffer.alloc(1_000_000, 'x'));
    await until(() => upstream.sessions[0]?.ended, { what: 'the end of the upload' });
    assert.is(upstream.sessions[0]?.bytesReceived, 1_000_000);
    await until(() => client.destroyed, { what: 'the end of the session' });
  }),
);

test(
  'an end without a byte passes through, and its answer comes back',
  scoped(async (scope) => {
    const { port } = await setUp(scope, (socket) => {
      socket.on('end', () => setTimeout(() => socket.end('answer'), 100)).resume();
    });
    const client = await withClient(scope, port);
    client.end();
    assert.is(String(await readToEnd(client)), 'answer');
  }),
);

test(
  'a reset stays a reset in both directions, also after a half-close',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope, (socket) => void socket.write('hello'));
    const first = await withClient(scope, port);
    await once(first, 'data');
    const reset = once(first, 'error') as Promise<[NodeJS.ErrnoException]>;
    upstream.resetAll();
    assert.is((await reset)[0].code, 'ECONNRESET');
    const second = await withClient(scope, port);
    await once(second, 'data');
    second.end();
    await until(() => upstream.sessions[1]?.ended, { what: 'the half-close' });
    const late = once(second, 'error') as Promise<[NodeJS.ErrnoException]>;
    upstream.resetAll();
    assert.is((await late)[0].code, 'ECONNRESET');
    const third = await withClient(scope, port);
    await once(third, 'data');
    third.resetAndDestroy();
    await until(() => upstream.sessions[2]?.closed, { what: 'the end' });
    assert.is(upstream.sessions[2]?.error, 'ECONNRESET');
  }),
);

for (const from of ['client', 'endpoint'] as const) {
  test(
    `a reset of the ${from} that comes in with its last bytes stays a reset`,
    scoped(async (scope) => {
      const { gateway, port, upstream } = await setUp(scope);
      const client = await withClient(scope, port);
      client.write('there?');
      await once(client, 'data');
      const server = upstream.sessions[0]?.socket;
      if (server === undefined) throw new Error('there is no session');
      const [source, sink] = from === 'client' ? [client, server] : [server, client];
      sink.removeAllListeners('end'); // an echo would answer the end
      gateway.signal('SIGSTOP');
      source.write('partial', () => source.resetAndDestroy());
      await once(source, 'close');
      gateway.signal('SIGCONT');
      sink.resume();
      const end = await gateway.logged('session closed');
      assert.is(end.end, `${from}-reset`);
      await until(() => sink.readableEnded || sink.destroyed, { what: 'the end' });
      assert.is(await howEnded(sink), 'reset');
    }),
  );
}

test(
  'bytes that were sent before a reset of the client are not invented into an end',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope, (socket) => void socket.resume());
    const client = await withClient(scope, port);
    client.write('partial');
    await until(() => upstream.sessions[0]?.bytesReceived === 7, { what: 'the bytes' });
    client.resetAndDestroy();
    await until(() => upstream.sessions[0]?.closed, { what: 'the end' });
    assert.is(upstream.sessions[0]?.ended, false);
  }),
);

test(
  '50 MiB arrive whole and in order through a slow reader, in bounded memory',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope);
    const block = randomBytes(1024 * 1024);
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    scope.defer(() => client.destroy());
    const sending = (async () => {
      for (let at = 0; at < 50; at++) if (!client.write(block)) await once(client, 'drain');
      client.end();
    })();
    await sleep(500); // nobody reads
    let received = 0;
    for await (const chunk of client) {
      const bytes = chunk as Buffer;
      const start = received % block.length;
      const expected = Buffer.concat([block.subarray(start), block]).subarray(0, bytes.length);
      if (!expected.equals(bytes)) throw new Error(`other bytes after ${received}`);
      received += bytes.length;
    }
    await sending;
    assert.is(received, 50 * 1024 * 1024);
    assert.ok((await memoryPeakMiB(gateway.pid)) < 250);
  }),
);

test(
  'a backend that never reads holds its client back',
  scoped(async (scope) => {
    const { gateway, port } = await setUp(scope, hang, { 'first-byte-timeout': '0s' });
    const before = await memoryPeakMiB(gateway.pid);
    const client = await withClient(scope, port);
    client.write(Buffer.alloc(64 * 1024 * 1024));
    await sleep(1_000);
    assert.ok(client.writableLength > 32 * 1024 * 1024, `${client.writableLength} left`);
    assert.ok((await memoryPeakMiB(gateway.pid)) - before < 48);
  }),
);

test(
  'a client that says nothing keeps its session',
  scoped(async (scope) => {
    const { port, upstream } = await setUp(scope);
    const client = await withClient(scope, port);
    await until(() => upstream.open.length === 1, { what: 'the session' });
    await sleep(1_500);
    assert.is(upstream.open.length, 1);
    client.write('late');
    const [chunk] = (await once(client, 'data')) as [Buffer];
    assert.is(chunk.toString(), 'late');
  }),
);

test(
  'a thousand clients at once are served, and leave nothing behind',
  scoped(async (scope) => {
    const [upstream] = await withNamed(scope, 'it');
    const port = await freePort();
    const config = { ...mainGateway(port, [upstream?.address ?? '']), log: { level: 'info' } };
    const gateway = await withGateway(scope, { config });
    assert.is(await whoAnswers(port), 'it');
    const before = await openFiles(gateway.pid);
    const names = await Promise.all(Array.from({ length: 1_000 }, async () => whoAnswers(port)));
    assert.is(names.filter((answer) => answer === 'it').length, 1_000);
    const gone = async () => (await openFiles(gateway.pid)) <= before + 2;
    await until(gone, { what: 'its files to be closed' });
  }),
);

test(
  'it does not spin while its endpoints are down and nobody comes',
  scoped(async (scope) => {
    const config = mainGateway(await freePort(), ['127.0.0.1:1', 'no-such-host.invalid:1']);
    const gateway = await withGateway(scope, { config });
    await sleep(1_000);
    const before = await cpuTicks(gateway.pid);
    await sleep(2_000);
    const used = (await cpuTicks(gateway.pid)) - before; // 100 ticks a second
    assert.ok(used < 40, `${used} ticks in 2 s`);
  }),
);

async function memoryPeakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

async function cpuTicks(pid: number): Promise<number> {
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return Number(stat[11]) + Number(stat[12]);
}

test.run();
