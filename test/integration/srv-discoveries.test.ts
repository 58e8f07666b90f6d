import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { ResourceRecord } from 'dns-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostResolver } from '../../src/dns/host-addresses.js';
import { systemClock } from '../../src/model/clock.js';
import type { DnsSettings, GatewayConfig } from '../../src/model/config.js';
import { formatEndpoints, type Endpoint } from '../../src/model/endpoint.js';
import { DiscoverySet } from '../../src/sources/discoveries.js';
import { MemberClient } from '../../src/sources/members-client.js';
import { config } from '../support/admin-backend.js';
import { withAuthority } from '../support/certs.js';
import { dnsClient, dnsSettings, Events, hostLookup } from '../support/dns-fixtures.js';
import { a, DnsTestServer, silence, srv, truncated, Zone } from '../support/dns-server.js';
import { withFakeEtcd, type FakeEtcd } from '../support/etcd-api.js';
import { needs } from '../support/needs.js';
import { scoped, type Scope } from '../support/scope.js';
import { srvSettings } from '../support/srv-fixtures.js';
import { until } from '../support/until.js';

const test = suite('discoveries');
const withOpenssl = needs(test, 'openssl');
const name = '_etcd-client._tcp.example.test';
const ssl = '_etcd-client-ssl._tcp.example.test';

interface World {
  readonly zone: Zone;
  readonly dns: DnsTestServer;
  readonly settings: DnsSettings;
  readonly events: Events;
  readonly triggers: string[];
  readonly set: DiscoverySet;
}

async function start(scope: Scope, ...records: readonly ResourceRecord[]): Promise<World> {
  const zone = new Zone(records);
  const dns = await DnsTestServer.start(zone.respond);
  scope.defer(() => dns.close());
  const [events, triggers]: [Events, string[]] = [new Events(), []];
  const settings = dnsSettings({ servers: [dns.address], timeoutMs: 100 });
  const lookup = hostLookup();
  const control = { clock: systemClock, random: () => 0, observer: events.observe };
  const hosts = new HostResolver({ ...control, lookup, settings });
  scope.defer(() => hosts.close());
  const set = new DiscoverySet({
    ...{ ...control, lookup, hosts, dns: settings },
    client: dnsClient(events.observe),
    memberClient: (asked) => new MemberClient(asked, systemClock),
    trigger: (reason) => triggers.push(reason),
    ...{ running: () => [], dialOnce: () => Promise.resolve(), isSelf: () => false },
  });
  scope.defer(() => set.close());
  return { zone, dns, settings, events, triggers, set };
}

function gateway(changes: Partial<GatewayConfig>): GatewayConfig {
  const [base] = config.gateways;
  if (!base) throw new Error('the example has no gateway');
  return { ...base, endpoints: [], ...changes };
}

function endpointOf(host: string, port: number): Endpoint {
  const address = { kind: 'tcp', host, port } as const;
  return { address, weight: 1, priority: 0, maxSessions: 0, drain: false };
}

function seedOf({ port }: FakeEtcd): Endpoint {
  return endpointOf('127.0.0.1', port);
}

function answer({ set }: World, of = 'main'): readonly string[] | undefined {
  const snapshot = set.snapshot(of);
  return snapshot && formatEndpoints(snapshot.endpoints);
}

function answers(world: World, ...endpoints: readonly string[]): Promise<unknown> {
  const wanted = endpoints.join();
  return until(() => answer(world)?.join() === wanted, { what: wanted });
}

const one = srv(name, 'infra0.example.test', 2379);
const memberDiscovery = {
  ...{ intervalMs: 60_000, tls: undefined, username: undefined, passwordFile: undefined },
};

test(
  'leaves gateways without a discovery alone',
  scoped(async (scope) => {
    const world = await start(scope);
    world.set.sync([gateway({})]);
    await world.set.settled();
    assert.is(answer(world), undefined);
    assert.equal(world.set.statuses(), []);
  }),
);

test(
  'keeps a discovery whose settings stand, and closes one that is gone',
  scoped(async (scope) => {
    const world = await start(scope, one);
    world.set.sync([gateway({ srvDiscovery: srvSettings() })]);
    await world.set.settled();
    world.set.sync([gateway({ srvDiscovery: srvSettings(), listen: [] })]);
    assert.is(world.dns.times(name, 'SRV'), 1);
    assert.equal(answer(world), ['infra0.example.test:2379']);
    assert.equal(world.triggers, ['srv']);
    world.set.sync([]);
    assert.is(answer(world), undefined);
  }),
);

test(
  'keeps the answer while the same question is asked in another way, not for another question',
  scoped(async (scope) => {
    const world = await start(scope, one);
    world.set.sync([gateway({ srvDiscovery: srvSettings() })]);
    await world.set.settled();
    world.dns.respond = silence;
    world.set.sync([gateway({ srvDiscovery: srvSettings({ insecure: false }) })]);
    assert.equal(answer(world), ['infra0.example.test:2379']);
    world.set.sync([gateway({ srvDiscovery: srvSettings({ domain: 'example.test.' }) })]);
    assert.equal(answer(world), ['infra0.example.test:2379']);
    world.set.sync([gateway({ srvDiscovery: srvSettings({ domain: 'elsewhere.test' }) })]);
    assert.is(answer(world), undefined);
  }),
);

test(
  'asks other servers as soon as they are configured',
  scoped(async (scope) => {
    const world = await start(scope);
    world.dns.respond = silence;
    world.set.sync([gateway({ srvDiscovery: srvSettings() })]);
    const other = await DnsTestServer.start(new Zone([one]).respond);
    scope.defer(() => other.close());
    world.set.configure({ ...world.settings, servers: [other.address] });
    await world.set.settled();
    assert.equal(answer(world), ['infra0.example.test:2379']);
    world.set.configure({ ...world.settings, servers: [other.address] });
    assert.is(other.times(name, 'SRV'), 1);
  }),
);

test(
  'prefers the member list to the SRV records that lead to it',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const clientURLs = [`http://member0.example.test:${etcd.port}`];
    etcd.members = [{ ID: '1', name: 'member0', clientURLs }];
    const world = await start(scope, a('infra0.example.test', '127.0.0.1'));
    world.zone.records = [...world.zone.records, srv(name, 'infra0.example.test', etcd.port)];
    world.set.sync([gateway({ srvDiscovery: srvSettings(), memberDiscovery })]);
    await answers(world, `member0.example.test:${etcd.port}`);
    assert.equal(
      world.set.statuses().map(({ kind }) => kind),
      ['srv', 'members'],
    );
    world.set.sync([gateway({ srvDiscovery: srvSettings() })]);
    assert.equal(answer(world), [`infra0.example.test:${etcd.port}`]);
  }),
);

test(
  'keeps the members of a cluster while a seed changes, and forgets them with the last seed',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const world = await start(scope);
    const seeds = [seedOf(etcd)];
    world.set.sync([gateway({ endpoints: seeds, memberDiscovery })]);
    await world.set.settled();
    etcd.instead = () => true;
    const more = [...seeds, endpointOf('127.0.0.1', 1)];
    world.set.sync([gateway({ endpoints: more, memberDiscovery })]);
    assert.equal(answer(world), [etcd.address]);
    const others = [endpointOf('127.0.0.1', 2)];
    world.set.sync([gateway({ endpoints: others, memberDiscovery })]);
    assert.is(answer(world), undefined);
  }),
);

test(
  'looks again, all of them, when told to',
  scoped(async (scope) => {
    const world = await start(scope, one);
    world.set.sync([
      gateway({ srvDiscovery: srvSettings() }),
      gateway({ name: 'other', srvDiscovery: srvSettings() }),
    ]);
    await world.set.settled();
    world.set.refresh();
    await until(() => world.dns.times(name, 'SRV') === 4, { what: 'two more queries' });
    assert.equal(answer(world, 'other'), ['infra0.example.test:2379']);
  }),
);

withOpenssl(
  'leaves refused targets out, says so once each, and keeps what it had when all are refused',
  scoped(async (scope) => {
    const authority = await withAuthority(scope);
    const pair = await authority.server(['example.test']);
    const [cert, key] = await Promise.all([readFile(pair.certFile), readFile(pair.keyFile)]);
    const server = createServer({ cert, key }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const { port } = server.address() as AddressInfo;
    const host = 'infra0.example.test';
    const good = srv(ssl, host, port);
    const bad = srv(ssl, host, 1);
    const world = await start(scope, good, bad, a(host, '127.0.0.1'));
    const trusted = srvSettings({ insecure: false, trustedCaFile: authority.caFile });
    world.set.sync([gateway({ srvDiscovery: trusted })]);
    await world.set.settled();
    assert.equal(answer(world), [`${host}:${port}`]);
    world.set.refresh();
    await until(() => world.dns.times(ssl, 'SRV') >= 2, { what: 'the second look' });
    world.zone.records = [bad, a(host, '127.0.0.1')];
    await until(() => world.events.of('source-failed').length > 0, { what: 'the failure' });
    assert.is(world.events.of('source-failed')[0]?.reason, 'every target was refused');
    assert.equal(answer(world), [`${host}:${port}`]);
    assert.equal(
      world.events.of('target-refused').map(({ target }) => target),
      [`${host}:1`],
    );
  }),
);

test(
  'dials 128 of many targets at most, at a bounded rate, and tells of them in one line',
  scoped(async (scope) => {
    const dialedAtMs: number[] = [];
    const victim = createTcpServer((socket) => {
      dialedAtMs.push(performance.now());
      socket.destroy();
    }).listen(0, '127.0.0.1');
    scope.defer(() => victim.close());
    await once(victim, 'listening');
    const { port } = victim.address() as AddressInfo;
    const hosts = Array.from({ length: 800 }, (_, n) => `h${n}.example.test`);
    const world = await start(
      scope,
      ...hosts.flatMap((host) => [srv(ssl, host, port), a(host, '127.0.0.1')]),
    );
    const { respond } = world.dns;
    world.dns.respond = (query, transport) =>
      query.questions[0]?.type === 'SRV' && transport === 'udp'
        ? [truncated(query)]
        : respond(query, transport);
    world.set.sync([gateway({ srvDiscovery: srvSettings({ insecure: false }) })]);
    const told = () => world.events.of('target-refused');
    await until(() => told().length > 0, { what: 'the refusal', timeoutMs: 30_000 });
    assert.ok(dialedAtMs.length <= 128, `${dialedAtMs.length} dials`);
    dialedAtMs.forEach((atMs, index) => {
      const soon = dialedAtMs.slice(index).filter((each) => each < atMs + 1_000);
      assert.ok(soon.length <= 16 + 10 + 2, `${soon.length} dials in a second`);
    });
    assert.is(told().length, 1);
    assert.is(told()[0]?.target, '800 targets');
    assert.match(
      told()[0]?.reason ?? '',
      /more than 128 targets: .* and 671 more; .* and 127 more/,
    );
  }),
);

test(
  'an SRV record that cannot be used is told once, however often it is answered',
  scoped(async (scope) => {
    const good = srv(name, 'infra0.example.test', 2379);
    const bad = [
      srv(name, 'infra1.example.test', 0),
      srv(name, '10.0.0.1', 2379),
      srv(name, '*', 1),
    ];
    const world = await start(scope, good, ...bad);
    world.set.sync([gateway({ srvDiscovery: srvSettings() })]);
    await world.set.settled();
    const told = () => world.events.of('target-refused').map(({ target }) => target);
    const all = ['infra1.example.test:0', '10.0.0.1:2379', '*:1'];
    assert.equal(told(), all);
    for (let asked = 2; asked <= 3; asked += 1) {
      world.set.refresh();
      await until(() => world.dns.times(name, 'SRV') >= asked, { what: 'another look' });
      await until(() => world.set.statuses()[0]?.nextAtMs !== undefined, { what: 'its end' });
    }
    assert.equal(told(), all);
    world.zone.records = bad;
    world.set.refresh();
    await until(() => world.events.of('source-failed').length > 0, { what: 'the failure' });
    assert.equal(told(), all);
    assert.equal(answer(world), ['infra0.example.test:2379']);
  }),
);

test.run();
