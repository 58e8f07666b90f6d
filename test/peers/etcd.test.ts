import { readFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority, type Authority } from '../support/certs.js';
import { whoAnswers } from '../support/client.js';
import { withZone } from '../support/discovering.js';
import { a, srv } from '../support/dns-server.js';
import { withEtcd } from '../support/etcd.js';
import { readyMessage, withGateway } from '../support/gateway.js';
import { shares, withNamed } from '../support/named.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import type { Upstream } from '../support/upstream.js';

/** Cases of etcd's own tests of its gateway, with this program in its place. */
const test = suite('as etcd');
const etcdTest = needs(test, 'etcd', 'etcdctl');
const tlsTest = needs(test, 'openssl');

etcdTest(
  'TestGateway: the flags of the original, its ready line, a put and a get',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const listen = `127.0.0.1:${await freePort()}`;
    const gateway = await withGateway(scope, {
      flags: ['--endpoints', cluster.endpoints.join(','), '--listen-addr', listen],
    });
    assert.match(gateway.stderr, readyMessage);
    assert.match(gateway.stderr, cluster.endpoints[0] ?? '-');
    assert.match(await cluster.etcdctl(['put', 'foo', 'bar'], [listen]), 'OK');
    assert.is(await cluster.etcdctl(['get', 'foo'], [listen]), 'foo\nbar\n');
  }),
);

test(
  'TestUserspaceProxy: the server behind it answers',
  scoped(async (scope) => {
    const [it] = (await withNamed(scope, 'hello proxy')) as [Upstream];
    const port = await freePort();
    const flags = ['--endpoints', it.address, '--listen-addr', `127.0.0.1:${port}`];
    await withGateway(scope, { flags });
    assert.is(await whoAnswers(port), 'hello proxy');
  }),
);

const backends = [
  { name: 'hello proxy 1', priority: 1, weight: 1 },
  { name: 'hello proxy 2', priority: 2, weight: 1 },
  { name: 'hello proxy 3', priority: 3, weight: 1 },
];

test(
  'TestUserspaceProxyPriority: SRV priorities are the order of failing over',
  scoped(async (scope) => {
    const all = await withNamed(scope, ...backends.map(({ name }) => name));
    const host = a('infra.example.test', '127.0.0.1');
    const records = backends.map(({ priority, weight }, at) =>
      srv('_etcd-client._tcp.example.test', host.name, all[at]?.port ?? 0, { priority, weight }),
    );
    const { port } = await withZone(scope, [...records, host], {
      ...{ 'discovery-srv': 'example.test', 'insecure-discovery': true },
    });
    for (const [at, { name }] of backends.entries()) {
      assert.equal(await shares(port, 5), { [name]: 5 });
      await all[at]?.close();
    }
    assert.is(await whoAnswers(port), undefined);
  }),
);

interface Discovery {
  readonly name: string;
  readonly secure: readonly string[];
  readonly plain: readonly string[];
  readonly expected: readonly string[];
}

const discoveries: readonly Discovery[] = [
  { name: 'secure ones alone', secure: ['a', 'b'], plain: [], expected: ['a', 'b'] },
  { name: 'plain ones alone', secure: [], plain: ['a'], expected: ['a'] },
  { name: 'both kinds', secure: ['a'], plain: ['b', 'c'], expected: ['a', 'b', 'c'] },
];

for (const { name, secure, plain, expected } of discoveries) {
  test(
    `TestSRVDiscover: ${name}, where discovery is insecure`,
    scoped(async (scope) => {
      const port = await discovered(scope, { secure, plain, service: '' });
      assert.equal(Object.keys(await shares(port, 9)).sort(), expected);
    }),
  );
}

test(
  'TestGetSRVService: a name is inserted into the service',
  scoped(async (scope) => {
    const port = await discovered(scope, { secure: ['a'], plain: ['b'], service: 'foo' });
    assert.equal(Object.keys(await shares(port, 6)).sort(), ['a', 'b']);
  }),
);

async function discovered(
  scope: Scope,
  { secure, plain, service }: Pick<Discovery, 'secure' | 'plain'> & { service: string },
): Promise<number> {
  const suffix = service === '' ? '' : `-${service}`;
  const host = a('infra.example.test', '127.0.0.1');
  const records = async (kind: string, names: readonly string[]) =>
    (await withNamed(scope, ...names)).map(({ port }) =>
      srv(`_${kind}${suffix}._tcp.example.test`, host.name, port),
    );
  const all = [
    ...(await records('etcd-client-ssl', secure)),
    ...(await records('etcd-client', plain)),
  ];
  const { port } = await withZone(scope, [...all, host], {
    ...{ 'discovery-srv': 'example.test', 'discovery-srv-name': service },
    'insecure-discovery': true,
  });
  return port;
}

tlsTest(
  'TestValidateSecureEndpoints: only what proves itself before the trusted authority is used',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const other = await withAuthority(scope, 'another CA');
    const good = await tlsServer(scope, authority);
    const foreign = await tlsServer(scope, other);
    const [plain] = (await withNamed(scope, 'plain')) as [Upstream];
    const host = a('infra.example.test', '127.0.0.1');
    const records = [foreign, plain.port, good].map((port) =>
      srv('_etcd-client-ssl._tcp.example.test', host.name, port),
    );
    const { gateway } = await withZone(scope, [...records, host], {
      ...{ 'discovery-srv': 'example.test', 'trusted-ca-file': authority.caFile },
    });
    const ready = await gateway.logged(readyMessage);
    assert.equal(ready.endpoints, [`infra.example.test:${good}`]);
  }),
);

async function tlsServer(scope: Scope, authority: Authority): Promise<number> {
  const { certFile, keyFile } = await authority.server(['example.test', 'infra.example.test']);
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  const server = createTlsServer({ cert, key }, (socket) => socket.resume());
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => scope.defer(() => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => server.close());
  return (server.address() as AddressInfo).port;
}

test.run();
