import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { howEnded, readToEnd, whoAnswers, withClient } from '../support/client.js';
import { targets, withDiscovering, withZone } from '../support/discovering.js';
import { a, silence, srv } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { readyMessage, withGateway, type ConfigObject } from '../support/gateway.js';
import { openSession, shares, withNamed, withNamedOne } from '../support/named.js';
import { freePort, freePorts } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import {
  answerAfterEnd,
  hang,
  sayAndEnd,
  withUpstream,
  type Upstream,
} from '../support/upstream.js';

/** What `etcd gateway` is known to do wrong; in the order of docs/peers.md. */
const test = suite('defects of the original');

async function withPool(
  scope: Scope,
  endpoints: readonly (string | ConfigObject)[],
  more: ConfigObject = {},
): Promise<number> {
  const port = await freePort();
  await withGateway(scope, { config: mainGateway(port, endpoints, more) });
  return port;
}

test(
  '1: a change of the SRV records is followed, and open sessions stay',
  scoped(async (scope) => {
    const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
    const { zone, port } = await withDiscovering(scope, [first]);
    const session = await openSession(scope, port);
    zone.records = targets(second);
    const followed = async () => (await whoAnswers(port)) === 'second';
    await until(followed, { what: 'the new target', timeoutMs: 5_000 });
    assert.equal(await shares(port, 5), { second: 5 });
    assert.is(await session.says('x'), 'x');
  }),
);

test(
  '2: a black hole costs well under a second, once',
  scoped(async (scope) => {
    const [alive] = await withNamed(scope, 'alive');
    const hole = await withBlackHole(scope);
    const port = await withPool(scope, [hole.address, alive?.address ?? '']);
    const startedMs = performance.now();
    assert.equal(await shares(port, 10), { alive: 10 });
    assert.ok(performance.now() - startedMs < 2_500);
  }),
);

test(
  '3: an endpoint that takes sessions and answers nothing is found out',
  scoped(async (scope) => {
    const [alive] = await withNamed(scope, 'alive');
    const stopped = await withUpstream(scope, { behaviour: hang });
    const port = await withPool(scope, [stopped.address, alive?.address ?? ''], {
      ...{ 'first-byte-timeout': '500ms', 'retry-delay': '1m' },
    });
    const both = [await withClient(scope, port), await withClient(scope, port)];
    for (const client of both) client.write('anybody there?');
    const reset = (): number => both.filter(({ destroyed }) => destroyed).length;
    await until(() => reset() === 1, { what: 'the session of one of them to be reset' });
    assert.equal(await shares(port, 3), { alive: 3 });
  }),
);

test(
  '4: endpoints that were all down serve as soon as they are back',
  scoped(async (scope) => {
    const all = (await withNamed(scope, 'a', 'b')) as [Upstream, Upstream];
    const endpoints = all.map(({ address }) => address);
    const port = await withPool(scope, endpoints, { 'retry-delay': '1m' });
    for (const upstream of all) await upstream.close();
    for (let client = 0; client < 20; client++) await whoAnswers(port);
    for (const upstream of all) await upstream.listen();
    assert.ok(await whoAnswers(port));
  }),
);

test(
  '5: a half-close loses neither the answer nor the upload',
  scoped(async (scope) => {
    const late = await withUpstream(scope, { behaviour: answerAfterEnd });
    const lateClient = await withClient(scope, await withPool(scope, [late.address]));
    lateClient.end('12345');
    assert.is(String(await readToEnd(lateClient)), '5 bytes\n');
    const early = await withUpstream(scope, { behaviour: sayAndEnd('bye') });
    const client = await withClient(scope, await withPool(scope, [early.address]));
    assert.is(String(await readToEnd(client)), 'bye');
    client.end(randomBytes(3_000_000));
    await until(() => early.sessions[0]?.ended, { what: 'the whole upload' });
    assert.is(early.sessions[0]?.bytesReceived, 3_000_000);
  }),
);

test(
  '6: truncated data does not look complete',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, {
      behaviour: (socket) => socket.write('half of it', () => socket.resetAndDestroy()),
    });
    const client = await withClient(scope, await withPool(scope, [upstream.address]));
    const outcome = await readToEnd(client).then(
      async () => howEnded(client), // libuv takes a reset for an end that comes with the bytes
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    assert.ok(outcome === 'reset' || outcome === 'ECONNRESET', outcome);
  }),
);

const weights: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1, 1, 1],
    [100, 100, 100],
  ],
  [
    [2, 1, 1],
    [150, 75, 75],
  ],
  [
    [10, 5, 0],
    [200, 100, 0],
  ],
  [
    [0, 0, 0],
    [100, 100, 100],
  ],
];

for (const [given, expected] of weights) {
  test(
    `7: weights ${given.join(', ')} give these shares`,
    scoped(async (scope) => {
      const all = await withNamed(scope, 'a', 'b', 'c');
      const endpoints = all.map(({ address }, at) => ({ addr: address, weight: given[at] ?? 0 }));
      const counts = await shares(await withPool(scope, endpoints), 300);
      for (const [at, name] of ['a', 'b', 'c'].entries()) {
        const count = counts[name] ?? 0;
        assert.ok(Math.abs(count - (expected[at] ?? 0)) <= 6, JSON.stringify(counts));
      }
    }),
  );
}

test(
  '8: a priority is used only while none below it is alive, also without weights',
  scoped(async (scope) => {
    const all = (await withNamed(scope, 'zero', 'one', 'two')) as [Upstream, Upstream, Upstream];
    const endpoints = all.map(({ address }, priority) => ({ addr: address, priority, weight: 0 }));
    const port = await withPool(scope, endpoints);
    assert.equal(await shares(port, 40), { zero: 40 });
    await all[0].close();
    assert.equal(await shares(port, 40), { one: 40 });
    await all[1].close();
    assert.equal(await shares(port, 40), { two: 40 });
    await all[0].listen();
    const back = async () => (await whoAnswers(port)) === 'zero';
    await until(back, { what: 'the first priority', timeoutMs: 10_000 });
  }),
);

test(
  '9: without a usable SRV record nothing is proxied, least of all to 127.0.0.1:2379',
  scoped(async (scope) => {
    const [upstream] = (await withNamed(scope, 'it')) as [Upstream];
    const { zone, port, gateway } = await withDiscovering(scope, []);
    assert.is(await whoAnswers(port), undefined);
    assert.not.match(gateway.stderr, '127.0.0.1:2379"');
    const line = await gateway.logged('not ready: clients are refused until this is over');
    assert.match(JSON.stringify(line), '_etcd-client._tcp.example.test');
    zone.records = targets(upstream);
    const served = async () => (await whoAnswers(port)) === 'it';
    await until(served, { what: 'the records to be found', timeoutMs: 8_000 });
  }),
);

test(
  '10: a plaintext server does not pass for a secure one',
  scoped(async (scope) => {
    const [upstream] = (await withNamed(scope, 'it')) as [Upstream];
    const name = '_etcd-client-ssl._tcp.example.test';
    const host = a('infra.example.test', '127.0.0.1');
    const records = [srv(name, host.name, upstream.port), host];
    const { port } = await withZone(scope, records, { 'discovery-srv': 'example.test' });
    assert.is(await whoAnswers(port), undefined);
  }),
);

test(
  '11: out of file descriptors it goes on and recovers',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const port = await freePort();
    const config = mainGateway(port, [alive.address]);
    const gateway = await withGateway(scope, { config, openFiles: 100 });
    const crowd = Array.from({ length: 300 }, async () => whoAnswers(port));
    await Promise.all(crowd);
    assert.is(gateway.exit, undefined);
    await until(async () => (await whoAnswers(port)) === 'alive', { what: 'service again' });
    assert.ok(gateway.stderr.length < 500_000, 'the log is flooded');
  }),
);

test(
  '12: a gateway that reaches itself refuses at once, and stays small',
  scoped(async (scope) => {
    const port = await freePort();
    const host = a('self.example.test', '127.0.0.1');
    const { gateway } = await withZone(scope, [host], {
      ...{ 'listen-addr': `0.0.0.0:${port}`, endpoints: [`self.example.test:${port}`] },
    });
    assert.equal(await shares(port, 5), { nobody: 5 });
    assert.ok((await readdir(`/proc/${gateway.pid}/fd`)).length < 100);
  }),
);

test(
  '12: two gateways that lead to each other go on, and let everything go',
  scoped(async (scope) => {
    const [port = 0, other = 0] = await freePorts(2);
    const start = async (from: number, to: number) =>
      withGateway(scope, { config: mainGateway(from, [`127.0.0.1:${to}`]), openFiles: 150 });
    const both = [await start(port, other), await start(other, port)];
    assert.is(await whoAnswers(port), undefined);
    for (const gateway of both) {
      const files = async () => (await readdir(`/proc/${gateway.pid}/fd`)).length;
      await until(async () => (await files()) < 60, { what: 'the chain to be let go' });
      assert.is(gateway.exit, undefined);
    }
  }),
);

for (const address of ['127.0.0.1:99999', '127.0.0.1:http', '127.0.0.1:', '127.0.0.1:2379abc']) {
  test(`13: ${address} is refused with a reason`, async () => {
    const { code, stderr } = await runProgram(['start', '--endpoints', address]);
    assert.is(code, 2);
    assert.match(stderr, /port/);
  });
}

test(
  '14: IPv6 endpoints and listeners work',
  scoped(async (scope) => {
    const six = await withNamedOne(scope, 'six', { host: '::1' });
    const port = await freePort();
    const flags = ['--listen-addr', `[::1]:${port}`, '--endpoints', six.address];
    await withGateway(scope, { flags });
    assert.is(await whoAnswers(port, '::1'), 'six');
  }),
);

test('15: a negative retry-delay is refused', async () => {
  const flags = ['--endpoints', '127.0.0.1:1', '--retry-delay=-1s'];
  const { code, stderr } = await runProgram(['start', ...flags]);
  assert.is(code, 2);
  assert.match(stderr, '--retry-delay');
});

test(
  '16: one host that does not resolve holds nobody up',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const { port, zone } = await withZone(scope, [], {
      endpoints: ['later.example.test:1', alive.address],
    });
    assert.equal(await shares(port, 6), { alive: 6 });
    zone.records = [a('later.example.test', '127.0.0.1')];
    assert.equal(await shares(port, 2), { alive: 2 });
  }),
);

test(
  '17: host names keep their last addresses while DNS is down',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const host = a('infra.example.test', '127.0.0.1', 1);
    const { port, dns } = await withZone(scope, [host], {
      endpoints: [`infra.example.test:${alive.port}`],
    });
    assert.is(await whoAnswers(port), 'alive');
    const asked = dns.asked.length;
    dns.respond = silence;
    await until(() => dns.asked.length > asked + 1, { what: 'questions', timeoutMs: 8_000 });
    assert.equal(await shares(port, 5), { alive: 5 });
  }),
);

test(
  '18: HUP does not end it',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const port = await freePort();
    const flags = ['--endpoints', alive.address, '--listen-addr', `127.0.0.1:${port}`];
    const gateway = await withGateway(scope, { flags });
    const session = await openSession(scope, port);
    gateway.signal('SIGHUP');
    assert.is(await session.says('x'), 'x');
    assert.is(await whoAnswers(port), 'alive');
    assert.is(gateway.exit, undefined);
    assert.ok(gateway.logs.some(({ message }) => message === readyMessage));
  }),
);

test(
  '19: it tells its health and its figures',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const [port = 0, adminPort = 0] = await freePorts(2);
    const gateway = await withGateway(scope, {
      config: {
        ...mainGateway(port, [alive.address]),
        admin: { 'listen-addr': `127.0.0.1:${adminPort}` },
      },
    });
    assert.is(await whoAnswers(port), 'alive');
    const get = async (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`);
    for (const path of ['/livez', '/readyz', '/', '/api/v1/state']) {
      const answer = await get(path);
      assert.is(answer.status, 200, path);
      await answer.text();
    }
    const metrics = await (await get('/metrics')).text();
    assert.match(metrics, /^etcd_gateway_sessions_opened_total\{[^}]*\} [1-9]/m);
    for (const line of metrics.split('\n').filter((text) => text !== '')) {
      assert.match(line, /^(# (HELP|TYPE) )?etcd_gateway_[a-z0-9_]+/);
    }
    const refused = await fetch(`http://127.0.0.1:${adminPort}/api/v1/reload`, { method: 'POST' });
    assert.is(refused.status, 403);
    await refused.text();
    for (const path of ['/livez', '/readyz', '/metrics', '/api/v1/state', '/api/v1/events', '/']) {
      const posted = await fetch(`http://127.0.0.1:${adminPort}${path}`, { method: 'POST' });
      assert.is(posted.status, 405, path);
      await posted.text();
    }
    await alive.close();
    assert.is(await whoAnswers(port), undefined);
    const down = await get('/readyz');
    assert.is(down.status, 503);
    assert.match(await down.text(), alive.address);
    assert.is((await get('/livez')).status, 200);
    await alive.listen();
    const back = async () => (await get('/readyz')).status === 200;
    await until(back, { what: 'readiness without any client', timeoutMs: 8_000 });
    assert.is(gateway.exit, undefined);
  }),
);

test.run();
