import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withAuthority } from '../support/certs.js';
import { etcdTls, withEtcd } from '../support/etcd.js';
import { needs } from '../support/needs.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { answerAfterEnd, identity, withUpstream } from '../support/upstream.js';

const test = suite('what tests are built of');
const etcdTest = needs(test, 'etcd', 'etcdctl');
const tlsTest = needs(test, 'etcd', 'etcdctl', 'openssl');

test(
  'an upstream says who it is, and records its sessions',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('infra0') });
    const socket = connect(upstream.port);
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    assert.is(greeting.toString(), 'infra0\n');
    socket.destroy();
    await until(() => upstream.open.length === 0, { what: 'the session to be closed' });
    assert.is(upstream.sessions.length, 1);
  }),
);

test(
  'an upstream answers after the half-close of its client',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: answerAfterEnd });
    const socket = connect(upstream.port);
    socket.end('12345');
    assert.is(await text(socket), '5 bytes\n');
  }),
);

test(
  'an upstream that refuses takes sessions again at its old address',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const { port } = upstream;
    upstream.refuse();
    const [error] = (await once(connect(port), 'error')) as [NodeJS.ErrnoException];
    assert.is(error.code, 'ECONNREFUSED');
    await upstream.listen();
    const socket = connect(port);
    await once(socket, 'connect');
    socket.destroy();
  }),
);

etcdTest(
  'a member of an etcd cluster can be killed, restarted, removed and added',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope);
    await cluster.etcdctl(['put', 'key', 'value']);
    const first = cluster.member(0);
    await first.kill();
    const others = cluster.endpoints.slice(1);
    await until(async () => cluster.etcdctl(['put', 'key', 'other'], others), {
      what: 'the others to have a leader',
      timeoutMs: 20_000,
    });
    await cluster.restart(first);
    await cluster.remove(first);
    const added = await cluster.add();
    const got = await cluster.etcdctl(['get', 'key', '--print-value-only'], [added.clientAddress]);
    assert.is(got, 'other\n');
  }),
);

tlsTest(
  'an etcd cluster with TLS wants certificates of its clients',
  scoped(async (scope) => {
    const cluster = await withEtcd(scope, {
      members: 1,
      tls: await etcdTls(await withAuthority(scope)),
    });
    assert.is(await cluster.etcdctl(['put', 'key', 'value']), 'OK\n');
  }),
);

async function text(socket: Socket): Promise<string> {
  let all = '';
  for await (const chunk of socket) all += String(chunk);
  return all;
}

test.run();
