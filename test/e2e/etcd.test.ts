import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { Etcd3, type Lease, type Watcher } from 'etcd3';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority } from '../support/certs.js';
import { etcdTls, withEtcd, type EtcdCluster, type EtcdTls } from '../support/etcd.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('etcd through the gateway');
const plainTest = needs(test, 'etcd', 'etcdctl');
const tlsTest = needs(test, 'etcd', 'etcdctl', 'openssl');

interface Setup {
  readonly cluster: EtcdCluster;
  /** Of the gateway. */
  readonly address: string;
  readonly client: Etcd3;
}

async function setUp(scope: Scope, tls?: EtcdTls): Promise<Setup> {
  const cluster = await withEtcd(scope, tls === undefined ? {} : { tls });
  const port = await freePort();
  await withGateway(scope, { config: mainGateway(port, cluster.endpoints) });
  const address = `127.0.0.1:${port}`;
  const client = new Etcd3({
    // By name with TLS: newer versions of Node refuse an address as a server name (RFC 6066).
    hosts: tls === undefined ? `http://${address}` : `https://localhost:${port}`,
    ...(tls === undefined ? {} : { credentials: await credentials(tls) }),
  });
  scope.defer(() => client.close());
  return { cluster, address, client };
}

async function credentials({ authority, client }: EtcdTls) {
  const [rootCertificate, certChain, privateKey] = await Promise.all(
    [authority.caFile, client.certFile, client.keyFile].map(async (file) => readFile(file)),
  );
  if (!rootCertificate || !certChain || !privateKey) throw new Error('a file is missing');
  return { rootCertificate, certChain, privateKey };
}

async function exercise({ cluster, address, client }: Setup): Promise<void> {
  await putAndGet(cluster, address);
  await watchInOrder(client);
  await keepLeaseAlive(client);
  await loadInOneTransaction(client);
}

async function putAndGet(cluster: EtcdCluster, address: string): Promise<void> {
  assert.is(await cluster.etcdctl(['put', 'greeting', 'hello'], [address]), 'OK\n');
  const flags = ['get', 'greeting', '--print-value-only'];
  assert.is(await cluster.etcdctl(flags, [address]), 'hello\n');
}

async function watchInOrder(client: Etcd3): Promise<void> {
  const watcher: Watcher = await client.watch().prefix('watched/').create();
  const seen: string[] = [];
  watcher.on('put', ({ value }) => seen.push(value.toString()));
  const wanted = Array.from({ length: 200 }, (_, index) => String(index));
  for (const value of wanted) await client.put(`watched/${value}`).value(value);
  await until(() => seen.length >= wanted.length, { what: 'all events of the watch' });
  assert.equal(seen, wanted);
  await watcher.cancel();
}

async function keepLeaseAlive(client: Etcd3): Promise<void> {
  const lease: Lease = client.lease(2);
  await lease.put('leased').value('here');
  const started = performance.now();
  while (performance.now() - started < 4_000) await once(lease, 'keepaliveSucceeded');
  assert.is(await client.get('leased').string(), 'here');
  await lease.revoke();
  assert.is(await client.get('leased').string(), null);
}

async function loadInOneTransaction(client: Etcd3): Promise<void> {
  const values = Array.from({ length: 10 }, () => randomBytes(1024 * 1024));
  const puts = values.map((value, index) => client.put(`large/${index}`).value(value));
  await client
    .if('absent', 'Create', '==', 0)
    .then(...puts)
    .commit();
  for (const [index, value] of values.entries()) {
    const stored = await client.get(`large/${index}`).buffer();
    assert.is(stored && digest(stored), digest(value));
  }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

plainTest(
  'serves put, get, watch, lease keep-alive and a 10 MB transaction in plaintext',
  scoped(async (scope) => exercise(await setUp(scope)), { timeoutMs: 90_000 }),
);

tlsTest(
  'serves the same to clients that show a certificate',
  scoped(async (scope) => exercise(await setUp(scope, await etcdTls(await withAuthority(scope)))), {
    timeoutMs: 90_000,
  }),
);

test.run();
