import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority } from '../support/certs.js';
import { EtcdMember, etcdTls, withEtcd, type EtcdCluster } from '../support/etcd.js';
import { withMemberSource, type WatchedSource } from '../support/member-source.js';
import { needs } from '../support/needs.js';
import { freePorts } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('member source of a real etcd');
const withTools = needs(test, 'etcd', 'etcdctl', 'openssl');

function sees(watched: WatchedSource, cluster: EtcdCluster): Promise<unknown> {
  const wanted = cluster.endpoints.toSorted().join();
  return until(() => [...watched.endpoints()].sort().join() === wanted, {
    what: `${wanted} in ${watched.endpoints().join()} (${watched.source.status().error ?? ''})`,
    timeoutMs: 15_000,
  });
}

withTools(
  'follows members that are added, removed and replaced',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const first = cluster.member(0);
    const watched = withMemberSource(scope, { seeds: [first.clientAddress] });
    await sees(watched, cluster);
    const added = await cluster.add();
    await sees(watched, cluster);
    await cluster.add();
    await sees(watched, cluster);
    assert.is(watched.endpoints().length, 3);
    await cluster.remove(added);
    await sees(watched, cluster);
    await cluster.add();
    await sees(watched, cluster);
    await cluster.remove(first); // the only seed
    await sees(watched, cluster);
    assert.is(watched.endpoints().length, 2);
  }),
);

withTools(
  'leaves out a learner until it is promoted, and a member that has not started',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const first = cluster.member(0);
    const watched = withMemberSource(scope, { seeds: [first.clientAddress] });
    const learner = await newLearner(scope, cluster);
    await sees(watched, cluster);
    startLearner(learner, first);
    const started = async (): Promise<boolean> =>
      (await cluster.etcdctl(['member', 'list'])).includes(learner.clientAddress);
    await until(started, { what: 'the learner to start', timeoutMs: 15_000 });
    watched.source.refresh();
    await sees(watched, cluster);
    const id = await cluster.idOf(learner);
    const promote = (): Promise<string> => cluster.etcdctl(['member', 'promote', id]);
    await until(promote, { what: 'the promotion', timeoutMs: 15_000, everyMs: 200 });
    await until(() => watched.endpoints().includes(learner.clientAddress), { what: 'the member' });
  }),
);

async function newLearner(scope: Scope, cluster: EtcdCluster): Promise<EtcdMember> {
  const [clientPort = 0, peerPort = 0] = await freePorts(2);
  const dataDir = join(await scope.tempDir(), 'learner');
  await mkdir(dataDir, { mode: 0o700 });
  const learner = new EtcdMember('learner', clientPort, peerPort, dataDir, 'http');
  const flags = ['member', 'add', learner.name, '--learner', `--peer-urls=${learner.peerUrl}`];
  await cluster.etcdctl(flags);
  scope.defer(async () => learner.kill());
  return learner;
}

function startLearner(learner: EtcdMember, first: EtcdMember): void {
  const members = [first, learner].map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  learner.start(['--initial-cluster', members, '--initial-cluster-state', 'existing']);
}

withTools(
  'does not believe a member that has lost its quorum',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 3 });
    const [lone, ...others] = [cluster.member(0), cluster.member(1), cluster.member(2)];
    const watched = withMemberSource(scope, { seeds: [lone.clientAddress] });
    await sees(watched, cluster);
    await Promise.all(others.map((member) => member.kill()));
    await until(() => watched.source.status().error, { what: 'the failure', timeoutMs: 15_000 });
    assert.match(watched.source.status().error ?? '', lone.clientAddress);
    assert.is(watched.endpoints().length, 3);
    await Promise.all(others.map((member) => cluster.restart(member)));
    await until(() => watched.source.status().error === undefined, {
      ...{ what: 'the recovery', timeoutMs: 15_000 },
    });
    assert.is(watched.triggers(), 1);
  }),
);

withTools(
  'does not believe a removed member that slept through its removal',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 3 });
    const removed = cluster.member(2);
    const id = await cluster.idOf(removed);
    removed.pause();
    scope.defer(async () => removed.kill());
    cluster.members.splice(2, 1);
    await cluster.ready(); // with a leader that is awake
    // etcd refuses to reconfigure until the members left have been connected for 5 s.
    const remove = (): Promise<string> => cluster.etcdctl(['member', 'remove', id]);
    await until(remove, { what: 'the removal', timeoutMs: 30_000, everyMs: 500 });
    removed.resume();
    const watched = withMemberSource(scope, { seeds: [removed.clientAddress] });
    await watched.source.settled();
    assert.equal(watched.endpoints(), []);
    watched.seeds = cluster.endpoints;
    await sees(watched, cluster);
  }),
);

withTools(
  'does not take another cluster for its own, even on the same address',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const other = await withEtcd(scope, { members: 1 });
    const watched = withMemberSource(scope, { seeds: cluster.endpoints });
    await sees(watched, cluster);
    watched.seeds = other.endpoints;
    await cluster.member(0).kill();
    await until(() => watched.source.status().error?.includes('belongs to cluster'), {
      what: 'the refusal',
    });
    assert.equal(watched.endpoints(), cluster.endpoints);
  }),
);

withTools(
  'authenticates where the cluster asks for it',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, { members: 1 });
    const passwordFile = join(await scope.tempDir(), 'password');
    await writeFile(passwordFile, 'pass word\n');
    await cluster.etcdctl(['user', 'add', 'root:pass word']);
    await cluster.etcdctl(['user', 'grant-role', 'root', 'root']);
    const early = withMemberSource(scope, {
      ...{ seeds: cluster.endpoints, username: 'root', passwordFile },
    });
    await sees(early, cluster);
    await cluster.etcdctl(['auth', 'enable']);
    const late = withMemberSource(scope, {
      ...{ seeds: cluster.endpoints, username: 'root', passwordFile },
    });
    await sees(late, cluster);
    await writeFile(passwordFile, 'wrong');
    const wrong = withMemberSource(scope, {
      ...{ seeds: cluster.endpoints, username: 'root', passwordFile },
    });
    await until(() => wrong.source.status().error, { what: 'the refusal' });
    assert.match(wrong.source.status().error ?? '', 'authentication failed');
    assert.is(early.source.status().error, undefined);
  }),
);

withTools(
  'shows its client certificate to a cluster that asks for one',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const tls = await etcdTls(authority);
    const cluster = await withEtcd(scope, { members: 1, tls });
    const files = { caFile: authority.caFile, ...tls.client, serverName: undefined };
    const watched = withMemberSource(scope, { seeds: cluster.endpoints, tls: files });
    await sees(watched, cluster);
    const plain = withMemberSource(scope, { seeds: cluster.endpoints });
    await until(() => plain.source.status().error?.includes('set tls'), { what: 'the hint' });
  }),
);

test.run();
