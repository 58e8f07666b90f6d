import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DnsSettings } from '../../src/model/config.js';
import { formatEndpoints } from '../../src/model/endpoint.js';
import { SrvSource } from '../../src/sources/srv.js';
import { dnsClient, dnsSettings, Events, hostLookup } from '../support/dns-fixtures.js';
import { a, DnsTestServer, rcodes, reply, silence, srv, Zone } from '../support/dns-server.js';
import { FakeClock } from '../support/fake-clock.js';
import { srvSettings } from '../support/srv-fixtures.js';
import { until } from '../support/until.js';

const name = '_etcd-client._tcp.example.test';
const ssl = '_etcd-client-ssl._tcp.example.test';

interface World {
  readonly zone: Zone;
  readonly dns: DnsTestServer;
  readonly clock: FakeClock;
  readonly events: Events;
  readonly triggers: string[];
  readonly source: SrvSource;
  readonly settings: DnsSettings;
}

const test = suite<World>('SRV discovery');

test.before.each(async (world) => {
  const zone = new Zone([record(0), record(1)]);
  const parts = { zone, clock: new FakeClock(), events: new Events(), triggers: [] as string[] };
  const dns = await DnsTestServer.start(zone.respond);
  const settings = dnsSettings({ servers: [dns.address], timeoutMs: 100 });
  const source = new SrvSource({
    gateway: 'main',
    settings: srvSettings(),
    dns: settings,
    client: dnsClient(),
    lookup: hostLookup(),
    isSelf: () => false,
    clock: parts.clock,
    random: () => 0,
    observer: parts.events.observe,
    trigger: (reason) => parts.triggers.push(reason),
  });
  Object.assign(world, { ...parts, dns, settings, source });
});

test.after.each(async ({ source, dns }) => {
  await source.close();
  await dns.close();
});

function record(index: number, ttl = 20, weight = 0): ReturnType<typeof srv> {
  return srv(name, `infra${index}.example.test`, 2379, { ttl, weight });
}

function address(index: number): ReturnType<typeof a> {
  return a(`infra${index}.example.test`, '127.0.0.1');
}

function endpoints({ source }: World): readonly string[] | undefined {
  const snapshot = source.snapshot();
  return snapshot && formatEndpoints(snapshot.endpoints);
}

/** Moves the clock to the next look, and waits for its end. */
async function nextLook(world: World): Promise<void> {
  const [delayMs = 0] = world.clock.delaysMs;
  world.clock.advance(delayMs);
  await looked(world);
}

async function looked({ clock }: World): Promise<void> {
  await until(() => clock.delaysMs.length === 1, { what: 'the look to end' });
}

const both = ['infra0.example.test:2379', 'infra1.example.test:2379'];

test('answers, triggers once, and tells when it looks again', async (world) => {
  await world.source.settled();
  assert.equal(endpoints(world), both);
  assert.equal(world.triggers, ['srv']);
  assert.equal(world.events.of('source-answered'), [
    { type: 'source-answered', gateway: 'main', source: 'srv', endpoints: both, nextInMs: 20_000 },
  ]);
  assert.equal(world.source.status(), {
    gateway: 'main',
    kind: 'srv',
    subject: 'example.test',
    answeredAtMs: 0,
    endpoints: 2,
    error: undefined,
    nextAtMs: 20_000,
  });
});

test('looks again when the TTL ends, and is silent about the same answer in another order', async (world) => {
  await world.source.settled();
  const snapshot = world.source.snapshot();
  world.zone.records = [record(1), record(0)];
  await nextLook(world);
  assert.is(world.clock.nowMs(), 20_000);
  assert.is(world.dns.times(name, 'SRV'), 2);
  assert.is(world.source.snapshot(), snapshot);
  assert.equal(world.triggers, ['srv']);
  assert.is(world.events.of('source-answered').length, 1);
});

test('follows members, weights and TTLs', async (world) => {
  await world.source.settled();
  world.zone.records = [record(0, 5, 9), record(2, 5)];
  await nextLook(world);
  assert.equal(endpoints(world), ['infra0.example.test:2379', 'infra2.example.test:2379']);
  assert.is(world.source.snapshot()?.endpoints[0]?.weight, 9);
  assert.equal(world.clock.delaysMs, [5_000]);
  assert.equal(world.triggers, ['srv', 'srv']);
});

test('puts the secure name before the plaintext one', async (world) => {
  world.zone.records = [record(0), srv(ssl, 'tls.example.test', 2379)];
  await world.source.settled();
  world.source.refresh();
  await looked(world);
  assert.equal(endpoints(world), ['tls.example.test:2379', 'infra0.example.test:2379']);
});

const failures: Record<string, (world: World) => void> = {
  NXDOMAIN: ({ zone }) => void (zone.records = []),
  'an empty answer': ({ dns }) => void (dns.respond = (query) => [reply(query)]),
  SERVFAIL: ({ dns }) => void (dns.respond = (query) => [reply(query, { rcode: rcodes.servfail })]),
  REFUSED: ({ dns }) => void (dns.respond = (query) => [reply(query, { rcode: rcodes.refused })]),
  silence: ({ dns }) => void (dns.respond = silence),
  'nothing but "."': ({ zone }) => void (zone.records = [srv(name, '.', 0)]),
};

for (const [what, fail] of Object.entries(failures)) {
  test(`keeps the last good answer on ${what}, says so once, and asks no oftener`, async (world) => {
    await world.source.settled();
    fail(world);
    await nextLook(world);
    assert.equal(endpoints(world), both);
    assert.equal(world.clock.delaysMs, [20_000]);
    await nextLook(world);
    assert.equal(world.clock.delaysMs, [20_000]);
    assert.is(world.events.of('source-failed').length, 1);
    assert.is(world.events.of('source-failed')[0]?.kept, 2);
    world.dns.respond = world.zone.respond;
    world.zone.records = [record(0), record(1)];
    await nextLook(world);
    assert.is(world.source.status().error, undefined);
    assert.is(world.events.of('source-answered').length, 2);
    assert.equal(world.triggers, ['srv']);
  });
}

test('settles on a failure, and answers once there is an answer', async (world) => {
  world.zone.records = [];
  world.source.configure(world.settings);
  await world.source.settled();
  assert.is(world.source.snapshot(), undefined);
  assert.match(world.source.status().error ?? '', 'NXDOMAIN');
  assert.equal(world.clock.delaysMs, [1_000]);
  world.zone.records = [record(0)];
  await nextLook(world);
  assert.equal(endpoints(world), ['infra0.example.test:2379']);
});

test('keeps the last good answer where no target of the next one has an address', async (world) => {
  await world.source.settled();
  world.zone.records = [record(2), record(3)];
  await nextLook(world);
  assert.equal(endpoints(world), both);
  assert.match(world.source.status().error ?? '', /^no target has an address: /);
  world.zone.records = [record(2), record(3), address(3)];
  await nextLook(world);
  assert.equal(endpoints(world), ['infra2.example.test:2379', 'infra3.example.test:2379']);
});

test('looks again at once when told to', async (world) => {
  await world.source.settled();
  world.zone.records = [record(2), address(2)];
  world.source.refresh();
  world.source.refresh();
  await looked(world);
  assert.equal(endpoints(world), ['infra2.example.test:2379']);
  assert.is(world.dns.times(name, 'SRV'), 2);
});

test('drops what an outdated attempt finds', async (world) => {
  await world.source.settled();
  const other = await DnsTestServer.start(new Zone([record(7), address(7)]).respond);
  world.dns.respond = silence;
  world.source.refresh();
  world.source.configure({ ...world.settings, servers: [other.address] });
  await looked(world);
  assert.equal(endpoints(world), ['infra7.example.test:2379']);
  assert.is(world.events.of('source-failed').length, 0);
  await other.close();
});

test('ends on close while a look is under way', async (world) => {
  world.dns.respond = silence;
  const settled = world.source.settled();
  await world.source.close();
  await settled;
  world.source.refresh();
  world.source.configure(world.settings);
  assert.equal(world.clock.delaysMs, []);
});

test.run();
