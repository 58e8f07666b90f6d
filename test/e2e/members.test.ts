import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority } from '../support/certs.js';
import type { EtcdSession } from '../support/etcd-session.js';
import { withSessions, type SessionTls } from '../support/etcd-session.js';
import { etcdTls, withEtcd, type EtcdCluster, type EtcdMember } from '../support/etcd.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { shares, withNamed } from '../support/named.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import type { Upstream } from '../support/upstream.js';

const test = suite('member discovery');
const etcdTest = needs(test, 'etcd', 'etcdctl', 'openssl');

interface Setup {
  readonly port: number;
  readonly gateway: GatewayProcess;
}

/** A gateway that knows one member and is to find the others. */
async function withDiscovery(
  scope: Scope,
  cluster: EtcdCluster,
  discovery: object = {},
): Promise<Setup> {
  const port = await freePort();
  const main = {
    'listen-addr': `127.0.0.1:${port}`,
    endpoints: cluster.endpoints.slice(0, 1),
    'member-discovery': { interval: '1s', ...discovery },
  };
  const gateway = await withGateway(scope, { config: { gateways: { main } } });
  return { port, gateway };
}

/** New sessions reach exactly the members that the cluster has now. */
async function reachesAll(
  scope: Scope,
  port: number,
  cluster: EtcdCluster,
  tls?: SessionTls,
): Promise<void> {
  const ids = await Promise.all(cluster.members.map((member) => cluster.idOf(member)));
  const reached = async (): Promise<boolean> => {
    const sessions = withSessions(scope, port, 2 * ids.length, tls);
    await until(() => sessions.every(({ answers, error }) => answers > 0 || error), {
      what: 'the first answers',
    });
    for (const session of sessions) session.close();
    const seen = new Set(sessions.map(({ memberId }) => memberId));
    return [...seen].sort().join() === ids.sort().join();
  };
  await until(reached, { what: `sessions at ${ids.join()}`, timeoutMs: 15_000, everyMs: 200 });
}

function survivors(sessions: readonly EtcdSession[], gone: readonly string[]): EtcdSession[] {
  return sessions.filter(({ memberId }) => !gone.includes(memberId));
}

async function goOn(sessions: readonly EtcdSession[]): Promise<void> {
  const before = sessions.map(({ answers }) => answers);
  await until(() => sessions.every(({ answers }, index) => answers > (before[index] ?? 0) + 5), {
    what: `answers to ${sessions.length} sessions`,
    timeoutMs: 15_000,
  });
}

async function replace(cluster: EtcdCluster, member: EtcdMember): Promise<void> {
  await cluster.remove(member);
  await cluster.add();
}

etcdTest(
  'follows members added, removed and replaced under load, and drops no session of the others',
  scoped(
    async (scope) => {
      const cluster = await withEtcd(scope, { members: 3 });
      const { port } = await withDiscovery(scope, cluster);
      await reachesAll(scope, port, cluster);
      const sessions = withSessions(scope, port, 12);
      await goOn(sessions);
      await cluster.add();
      await reachesAll(scope, port, cluster);
      const gone: string[] = [];
      for (const take of [cluster.remove.bind(cluster), replace.bind(undefined, cluster)]) {
        const member = cluster.member(0); // the seed first
        gone.push(await cluster.idOf(member));
        await take(member);
        await reachesAll(scope, port, cluster);
      }
      const kept = survivors(sessions, gone);
      assert.ok(kept.length >= 3, `${kept.length} sessions should have survived`);
      assert.equal(
        kept.map(({ error }) => error).filter((error) => error !== undefined),
        [],
      );
    },
    { timeoutMs: 120_000 },
  ),
);

etcdTest(
  'finds the members of a cluster that asks for a client certificate and a password',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const certificates = await etcdTls(authority);
    const cluster = await withEtcd(scope, { members: 3, tls: certificates });
    const passwordFile = join(await scope.tempDir(), 'password');
    await writeFile(passwordFile, 'pass word\n');
    await cluster.etcdctl(['user', 'add', 'root:pass word']);
    await cluster.etcdctl(['user', 'grant-role', 'root', 'root']);
    await cluster.etcdctl(['auth', 'enable']);
    const named = certificates.client;
    const { certFile, keyFile } = await authority.client(''); // etcd takes no CommonName here
    const { gateway } = await withDiscovery(scope, cluster, {
      ...{ username: 'root', 'password-file': passwordFile },
      tls: { 'ca-file': authority.caFile, 'cert-file': certFile, 'key-file': keyFile },
    });
    const refused = await withDiscovery(scope, cluster, {
      ...{ username: 'root', 'password-file': passwordFile },
      tls: { 'ca-file': authority.caFile, 'cert-file': named.certFile, 'key-file': named.keyFile },
    });
    const wanted = cluster.endpoints.toSorted().join();
    await until(() => foundIn(gateway, wanted), {
      what: `${wanted} in the log`,
      timeoutMs: 15_000,
    });
    await until(() => refused.gateway.stderr.includes('CommonName here (use one without)'), {
      what: 'the hint',
    });
    for (const { stderr } of [gateway, refused.gateway]) assert.not.match(stderr, 'pass word');
  }),
);

test(
  'drains a member whose seed is set to drain, and takes it back when that is taken away',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const [first, second] = (await withNamed(scope, 'first', 'second')) as [Upstream, Upstream];
    etcd.members = [first, second].map(({ address }, index) => ({
      ...{ ID: String(index + 1), name: `infra${index}`, clientURLs: [`http://${address}`] },
    }));
    const port = await freePort();
    const socket = `unix:${await scope.tempDir()}/admin.sock`;
    const config = (seed: object): ConfigObject => ({
      gateways: {
        main: {
          'listen-addr': `127.0.0.1:${port}`,
          endpoints: [etcd.address, { addr: first.address, ...seed }],
          'member-discovery': { interval: '1h' },
        },
      },
      ...{ admin: { 'listen-addr': socket }, reload: { watch: false } },
    });
    const gateway = await withGateway(scope, { config: config({}) });
    await gateway.logged('discovery answered');
    assert.equal(await shares(port, 4), { first: 2, second: 2 });

    await gateway.edit(config({ drain: true }));
    const drained = await runProgram(['reload', '--admin', socket]);
    assert.match(drained.stdout, `main/${first.address}`);
    assert.equal(await shares(port, 4), { second: 4 });

    await gateway.edit(config({ drain: false }));
    await runProgram(['reload', '--admin', socket]);
    assert.equal(await shares(port, 4), { first: 2, second: 2 });
  }),
);

/** Whether a log line lists these endpoints, in whatever order. */
function foundIn({ logs }: GatewayProcess, wanted: string): boolean {
  return logs.some(({ endpoints }) => {
    return Array.isArray(endpoints) && endpoints.map(String).sort().join() === wanted;
  });
}

test.run();
