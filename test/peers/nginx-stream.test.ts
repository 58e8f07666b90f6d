import { once } from 'node:events';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readToEnd, whoAnswers, withClient } from '../support/client.js';
import { srvName, targetHost, withDiscovering, withZone } from '../support/discovering.js';
import {
  a,
  aaaa,
  cname,
  rcodes,
  reply,
  srv,
  truncated,
  type Responder,
} from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { openSession, shares, withNamed, withNamedOne } from '../support/named.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { answerAfterEnd, withUpstream, type Upstream } from '../support/upstream.js';

/** Cases of nginx's stream tests, told for this gateway. */
const test = suite('as nginx: stream');

type SrvRecord = ReturnType<typeof srv>;

async function services(scope: Scope, ...names: string[]) {
  const upstreams = await withNamed(scope, ...names);
  const record = (name: string, more: { priority?: number; weight?: number } = {}): SrvRecord => {
    const upstream = upstreams[names.indexOf(name)];
    return srv(srvName, targetHost.name, upstream?.port ?? 0, { ttl: 1, ...more });
  };
  const { zone, port, dns, gateway } = await withDiscovering(scope, []);
  const serve = (...records: readonly SrvRecord[]) => (zone.records = [...records, targetHost]);
  /** Waits until exactly these answer. */
  const answered = async (...expected: readonly string[]) => {
    const same = async () => {
      const counts = await shares(port, 2 * expected.length + 2);
      return Object.keys(counts).sort().join() === [...expected].sort().join();
    };
    await until(same, { what: `answers of ${expected.join()}`, timeoutMs: 9_000, everyMs: 100 });
  };
  return { upstreams, record, serve, answered, port, dns, zone, gateway };
}

test(
  'upstream_service: one record, another, several, none, and back',
  scoped(async (scope) => {
    const { record, serve, answered, port } = await services(scope, 'a', 'b', 'c');
    serve(record('a'));
    await answered('a');
    const session = await openSession(scope, port);
    serve(record('b'));
    await answered('b');
    serve(record('a'), record('b'), record('c'));
    await answered('a', 'b', 'c');
    serve();
    assert.is((await whoAnswers(port)) === undefined, false);
    serve(record('c'));
    await answered('c');
    assert.is(await session.says('x'), 'x');
  }),
);

test(
  'upstream_service: weights and priorities follow the records',
  scoped(async (scope) => {
    const { record, serve, answered, port } = await services(scope, 'a', 'b');
    serve(record('a', { weight: 3 }), record('b', { weight: 1 }));
    await answered('a', 'b');
    assert.equal(await shares(port, 40), { a: 30, b: 10 });
    serve(record('a', { weight: 1, priority: 2 }), record('b', { weight: 1, priority: 1 }));
    await answered('b');
  }),
);

test(
  'upstream_service: a record that stands twice counts once',
  scoped(async (scope) => {
    const { record, serve, answered, port } = await services(scope, 'a', 'b');
    serve(record('a'), record('a'), record('b'));
    await answered('a', 'b');
    assert.equal(await shares(port, 20), { a: 10, b: 10 });
  }),
);

test(
  'upstream_service: a truncated reply is asked for over TCP',
  scoped(async (scope) => {
    const { record, serve, answered, dns, zone } = await services(scope, 'a');
    const overTcp: Responder = (query, transport) =>
      transport === 'udp' ? [truncated(query)] : zone.respond(query, transport);
    dns.respond = overTcp;
    serve(record('a'));
    await answered('a');
    assert.ok(dns.asked.some(({ transport }) => transport === 'tcp'));
  }),
);

test(
  'upstream_service: a bad reply keeps the pool',
  scoped(async (scope) => {
    const { record, serve, answered, dns, zone, port } = await services(scope, 'a', 'b');
    serve(record('a'));
    await answered('a');
    dns.respond = (query) => [reply(query, { rcode: rcodes.formerr })];
    const asked = dns.asked.length;
    await until(() => dns.asked.length > asked + 3, { what: 'questions', timeoutMs: 8_000 });
    assert.is(await whoAnswers(port), 'a');
    dns.respond = zone.respond;
    serve(record('b'));
    await answered('b');
  }),
);

test(
  'upstream_resolve: the address of a name is followed, IPv4 and IPv6, behind a CNAME too',
  scoped(async (scope) => {
    const four = await withNamedOne(scope, 'four');
    const six = await withNamedOne(scope, 'six', { host: '::1', port: four.port });
    const records = [a('infra.example.test', '127.0.0.1', 1)];
    const { zone, port, dns } = await withZone(scope, records, {
      endpoints: [`infra.example.test:${six.port}`],
    });
    const answered = async (name: string) =>
      until(async () => (await whoAnswers(port)) === name, { what: name, timeoutMs: 8_000 });
    await answered('four');
    const session = await openSession(scope, port);
    zone.records = [aaaa('infra.example.test', '::1', 1)];
    await answered('six');
    const alias = cname('infra.example.test', 'real.example.test', 1);
    const real = a('real.example.test', '127.0.0.1', 1);
    dns.respond = (query) => {
      const isA = query.questions[0]?.type === 'A';
      return [reply(query, isA ? { answers: [alias, real] } : {})];
    };
    await answered('four');
    assert.is(await session.says('x'), 'x');
  }),
);

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
  'proxy: many exchanges over one session, and a megabyte each way',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'it')) as [Upstream];
    const port = await withPool(scope, [it.address]);
    const session = await openSession(scope, port);
    for (let at = 0; at < 100; at++) assert.is(await session.says(`say ${at}`), `say ${at}`);
    const client = await withClient(scope, port);
    const sent = Buffer.alloc(1_000_000, 'payload ');
    client.end(sent);
    const received = await readToEnd(client);
    assert.ok(received.subarray('it\n'.length).equals(sent));
  }),
);

test(
  'proxy_half_close: what is said after the client has closed its half arrives',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: answerAfterEnd });
    const client = await withClient(scope, await withPool(scope, [upstream.address]));
    client.end('123');
    assert.is(String(await readToEnd(client)), '3 bytes\n');
  }),
);

test(
  'proxy_next_upstream: a client reaches the one that lives, whatever the others are',
  scoped(async (scope) => {
    const [alive] = (await withNamed(scope, 'alive')) as [Upstream];
    const dead = ['127.0.0.1:1', '127.0.0.2:1', '127.0.0.3:1'];
    const port = await withPool(scope, [...dead, alive.address]);
    assert.equal(await shares(port, 10), { alive: 10 });
  }),
);

test(
  'upstream: backup servers serve only while the others are down',
  scoped(async (scope) => {
    const [main, backup] = (await withNamed(scope, 'main', 'backup')) as [Upstream, Upstream];
    const port = await withPool(scope, [main.address, { addr: backup.address, priority: 1 }]);
    assert.equal(await shares(port, 6), { main: 6 });
    await main.close();
    assert.equal(await shares(port, 6), { backup: 6 });
    await main.listen();
    const back = async () => (await whoAnswers(port)) === 'main';
    await until(back, { what: 'the main one', timeoutMs: 8_000 });
  }),
);

test(
  'upstream_max_conns: one that is full is passed over, and all full refuse',
  scoped(async (scope) => {
    const [small, big] = (await withNamed(scope, 'small', 'big')) as [Upstream, Upstream];
    const port = await withPool(scope, [
      { addr: small.address, 'max-sessions': 1 },
      { addr: big.address, 'max-sessions': 2 },
    ]);
    const sessions = [];
    for (let at = 0; at < 3; at++) sessions.push(await openSession(scope, port));
    assert.equal(sessions.map(({ name }) => name).sort(), ['big', 'big', 'small']);
    assert.is(await whoAnswers(port), undefined);
    sessions.find(({ name }) => name === 'small')?.end();
    const again = async () => (await whoAnswers(port)) === 'small';
    await until(again, { what: 'the place that is free again' });
  }),
);

test(
  'upstream_least_conn: the one with the fewest sessions gets the next',
  scoped(async (scope) => {
    const all = (await withNamed(scope, 'a', 'b')) as [Upstream, Upstream];
    const endpoints = all.map(({ address }) => address);
    const port = await withPool(scope, endpoints, { balancer: 'least-sessions' });
    const held = [await openSession(scope, port), await openSession(scope, port)];
    assert.equal(held.map(({ name }) => name).sort(), ['a', 'b']);
    held.find(({ name }) => name === 'a')?.end();
    await until(() => all[0].open.length === 0, { what: 'the end of a session' });
    const names = [];
    for (let at = 0; at < 3; at++) names.push((await openSession(scope, port)).name);
    assert.is(names[0], 'a');
    assert.equal([...names].sort(), ['a', 'a', 'b']);
  }),
);

test(
  'access: allow and deny',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'it')) as [Upstream];
    const rules: readonly (readonly [ConfigObject, string | undefined])[] = [
      [{ allow: ['127.0.0.1'] }, 'it'],
      [{ allow: ['10.0.0.0/8'] }, undefined],
      [{ deny: ['127.0.0.0/8'] }, undefined],
      [{ allow: ['127.0.0.0/8'], deny: ['127.0.0.1'] }, undefined],
      [{ deny: ['::/0'] }, 'it'],
    ];
    for (const [rule, expected] of rules) {
      const port = await withPool(scope, [it.address], rule);
      assert.is(await whoAnswers(port), expected, JSON.stringify(rule));
    }
  }),
);

test(
  'limit_conn: past max-sessions a client is refused at once',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'it')) as [Upstream];
    const port = await withPool(scope, [it.address], { 'max-sessions': 2 });
    const [first] = [await openSession(scope, port), await openSession(scope, port)];
    assert.is(await whoAnswers(port), undefined);
    first.end();
    await until(async () => (await whoAnswers(port)) === 'it', { what: 'a free place' });
  }),
);

test(
  'unix: sockets on both sides',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const upstream = await withNamedOne(scope, 'unix', { path: `${dir}/up.sock` });
    const front = `${dir}/front.sock`;
    const main = { 'listen-addr': `unix:${front}`, endpoints: [upstream.address] };
    await withGateway(scope, { config: { gateways: { main } } });
    const client = await withClient(scope, { path: front });
    const [greeting] = (await once(client, 'data')) as [Buffer];
    assert.is(greeting.toString(), 'unix\n');
  }),
);

test(
  'tcp_nodelay: small pieces are not held back',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'it')) as [Upstream];
    const session = await openSession(scope, await withPool(scope, [it.address]));
    const startedMs = performance.now();
    for (let at = 0; at < 200; at++) assert.is(await session.says('.'), '.');
    assert.ok(performance.now() - startedMs < 5_000); // 40 ms each where Nagle meets delayed ACKs
  }),
);

test.run();
