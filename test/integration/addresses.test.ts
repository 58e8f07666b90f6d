import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { State } from '../../src/observe/admin/state.js';
import { ask, loopback } from '../support/admin-server.js';
import { a, srv } from '../support/dns-server.js';
import { srvName, withZone } from '../support/discovering.js';
import { openSession, shares, withNamedOne } from '../support/named.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import type { Upstream } from '../support/upstream.js';

const test = suite('addresses of a name');

const host = 'etcd.example.test';
const ejected = 'endpoint taken out of rotation';

function addressesOf(...last: number[]): ReturnType<typeof a>[] {
  return last.map((each) => a(host, `127.0.0.${each}`, 1));
}

/** At one port of the addresses 127.0.0.1, 127.0.0.2 and so on. */
async function withMembers(scope: Scope, ...names: string[]): Promise<[Upstream, ...Upstream[]]> {
  const port = await freePort();
  const members: Upstream[] = [];
  for (const [index, name] of names.entries()) {
    members.push(await withNamedOne(scope, name, { host: `127.0.0.${index + 1}`, port }));
  }
  return members as [Upstream, ...Upstream[]];
}

const ways = ['an endpoint', 'an SRV target'];
for (const way of ways) {
  test(
    `of ${way} share its sessions, and one that refuses is ejected alone`,
    scoped(async (scope) => {
      const [{ port: at }, , third] = await withMembers(scope, 'one', 'two', 'three');
      const isEndpoint = way === 'an endpoint';
      const records = [...addressesOf(1, 2, 3), srv(srvName, host, at, { ttl: 1 })];
      const { port, gateway } = await withZone(
        scope,
        records,
        isEndpoint
          ? { endpoints: [`${host}:${at}`] }
          : { 'discovery-srv': 'example.test', 'insecure-discovery': true },
      );
      assert.equal(await shares(port, 30), { one: 10, two: 10, three: 10 });
      await third?.close();
      const counts = await shares(port, 30);
      assert.equal(Object.keys(counts).sort(), ['one', 'two']);
      const line = await gateway.logged(ejected);
      assert.equal([line.endpoint, line.address], [`${host}:${at}`, '127.0.0.3']);
      assert.is(gateway.logs.filter(({ message }) => message === ejected).length, 1);
    }),
  );
}

test(
  'that leave keep their sessions, and those that come get new ones',
  scoped(async (scope) => {
    const [{ port: at }] = await withMembers(scope, 'one', 'two', 'three');
    const { port, zone } = await withZone(scope, addressesOf(1, 2), {
      endpoints: [`${host}:${at}`],
    });
    const sessions = await Promise.all([openSession(scope, port), openSession(scope, port)]);
    assert.equal(sessions.map(({ name }) => name).sort(), ['one', 'two']);
    zone.records = addressesOf(2, 3);
    await until(
      async () =>
        Object.keys(await shares(port, 4))
          .sort()
          .join() === 'three,two',
      {
        what: 'the new address alone',
      },
    );
    zone.records = [];
    for (const session of sessions) assert.is(await session.says('x'), 'x');
    zone.records = addressesOf(1, 2, 3);
    await until(async () => Object.keys(await shares(port, 6)).length === 3, { what: 'all three' });
    for (const session of sessions) assert.is(await session.says('y'), 'y');
  }),
);

for (const what of ['an address', 'an SRV target']) {
  test(
    `keep ${what} that has left the answers for as long as dns.hold says`,
    scoped(async (scope) => {
      const [one, two] = await withMembers(scope, 'one', 'two', 'three');
      const isAddress = what === 'an address';
      const [other, targetHosts] = isAddress
        ? [one, [1, 2] as const]
        : [await withNamedOne(scope, 'two', { host: '127.0.0.1' }), [1] as const];
      assert.ok(two);
      const target = (port: number) => srv(srvName, host, port, { ttl: 1 });
      const all = [...addressesOf(...targetHosts), target(one.port), target(other.port)];
      const { port, zone, dns } = await withZone(
        scope,
        all,
        isAddress
          ? { endpoints: [`${host}:${one.port}`] }
          : { 'discovery-srv': 'example.test', 'insecure-discovery': true },
        { hold: '6s' },
      );
      const answering = async () =>
        Object.keys(await shares(port, 6))
          .sort()
          .join();
      await until(async () => (await answering()) === 'one,two', { what: 'both' });
      const goneAtMs = Date.now();
      zone.records = [...addressesOf(1), target(one.port)];
      const asked = dns.asked.length;
      await until(() => dns.asked.length >= asked + 4, { what: 'further answers' });
      assert.is(await answering(), 'one,two');
      await until(async () => (await answering()) === 'one', { what: 'one', timeoutMs: 15_000 });
      assert.ok(Date.now() - goneAtMs >= 6_000, 'it went too early');
    }),
  );
}

test(
  'that are not known yet make no endpoint healthy, in state, metrics and status',
  scoped(async (scope) => {
    const admin = await freePort();
    const { zone } = await withZone(
      scope,
      [],
      { endpoints: [`${host}:2379`, '127.0.0.1:1'] },
      {},
      { admin: { 'listen-addr': `127.0.0.1:${admin}` } },
    );
    const get = async (path: string): Promise<string> => (await ask(loopback(admin), path)).body;
    const named = async () => {
      const { gateways } = JSON.parse(await get('/api/v1/state')) as State;
      return gateways[0]?.upstreams.find(({ endpoint }) => endpoint === `${host}:2379`);
    };
    const reason = 'the name does not exist (NXDOMAIN)';
    await until(async () => (await named())?.reason === reason, { what: 'the failure' });
    assert.is((await named())?.state, 'resolving');
    const metrics = await get('/metrics');
    const metric = (state: string): string =>
      `etcd_gateway_upstream_state{gateway="main",endpoint="${host}:2379",state="${state}"}`;
    assert.match(metrics, `${metric('healthy')} 0\n`);
    assert.match(metrics, `${metric('resolving')} 1\n`);
    zone.records = addressesOf(1);
    await until(async () => (await named())?.state === 'healthy', { what: 'its address' });
  }),
);

test.run();
