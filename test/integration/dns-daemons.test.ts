import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Answer, RecordData } from '../../src/dns/answer.js';
import { HostResolver } from '../../src/dns/host-addresses.js';
import type { RecordType } from '../../src/dns/wire.js';
import { systemClock } from '../../src/model/clock.js';
import { formatEndpoints } from '../../src/model/endpoint.js';
import { SrvSource } from '../../src/sources/srv.js';
import { Dnsmasq, Knot, knotNegativeTtl } from '../support/dns-daemons.js';
import { dnsClient, dnsSettings, Events, hostLookup } from '../support/dns-fixtures.js';
import { needs } from '../support/needs.js';
import { scoped, type Scope } from '../support/scope.js';
import { srvSettings } from '../support/srv-fixtures.js';
import { until } from '../support/until.js';

const test = suite('DNS against real servers');
const withKnot = needs(test, 'knotd');
const withDnsmasq = needs(test, 'dnsmasq');
const name = '_etcd-client._tcp.example.test';

function asker(
  address: string,
): <T extends RecordType>(name: string, type: T) => Promise<Answer<RecordData[T]>> {
  const client = dnsClient();
  const settings = dnsSettings({ servers: [address], timeoutMs: 1_000 });
  const { signal } = new AbortController();
  return (asked, type) => client.query(asked, type, { settings, signal });
}

function discover(scope: Scope, address: string, events = new Events()): SrvSource {
  const source = new SrvSource({
    gateway: 'main',
    settings: srvSettings(),
    dns: dnsSettings({ servers: [address] }),
    client: dnsClient(),
    lookup: hostLookup(),
    isSelf: () => false,
    clock: systemClock,
    random: () => 0,
    observer: events.observe,
    trigger: () => undefined,
  });
  scope.defer(() => source.close());
  return source;
}

async function found(source: SrvSource, ...endpoints: readonly string[]): Promise<void> {
  const wanted = endpoints.join();
  await until(() => formatEndpoints(source.snapshot()?.endpoints ?? []).join() === wanted, {
    what: wanted,
    timeoutMs: 8_000,
  });
}

withKnot(
  'reads what knot answers, with the TTL of each record',
  scoped(async (scope) => {
    const knot = await Knot.start(scope, [
      'infra0 7 A 10.0.0.1',
      'infra0 9 AAAA 2001:db8::1',
      'www 5 CNAME infra0',
      '_etcd-client._tcp 6 SRV 1 10 2379 infra0',
    ]);
    const ask = asker(knot.address);
    const found = (records: unknown[], ttlMs: number): unknown => ({
      kind: 'records',
      records,
      ttlMs,
    });
    assert.equal(await ask('infra0.example.test', 'A'), found(['10.0.0.1'], 7_000));
    assert.equal(await ask('www.example.test', 'AAAA'), found(['2001:db8::1'], 5_000));
    const target = { target: 'infra0.example.test', port: 2379, priority: 1, weight: 10 };
    assert.equal(await ask(name, 'SRV'), found([target], 6_000));
    assert.equal(await ask('infra9.example.test', 'A'), {
      kind: 'none',
      reason: 'nxdomain',
      ttlMs: 1_000 * knotNegativeTtl,
    });
  }),
);

withKnot(
  'reads an answer that fits TCP alone',
  scoped(async (scope) => {
    const records = Array.from(
      { length: 200 },
      (_, index) => `_etcd-client._tcp 6 SRV 0 0 ${2379 + index} infra${index}`,
    );
    const knot = await Knot.start(scope, records);
    const answer = await asker(knot.address)(name, 'SRV');
    assert.is(answer.kind === 'records' && answer.records.length, 200);
  }),
);

withDnsmasq(
  'reads an answer of dnsmasq that is longer than a compression pointer reaches',
  scoped(async (scope) => {
    const hosts = Array.from(
      { length: 500 },
      (_, index) => `etcd-member-${index}.dc1.example.test`,
    );
    const dnsmasq = await Dnsmasq.start(scope, [
      ...hosts.map((host) => `srv-host=${name},${host},2379,0,0`),
      ...hosts.map((host, index) => `host-record=${host},10.0.${index >> 8}.${index & 255}`),
    ]);
    const answer = await asker(dnsmasq.address)(name, 'SRV');
    const targets = answer.kind === 'records' ? answer.records.map(({ target }) => target) : [];
    assert.equal(targets.sort(), hosts.sort());
  }),
);

withKnot(
  'follows SRV records and addresses that change while they are in use',
  scoped(async (scope) => {
    const before = ['infra0 1 A 10.0.0.1', '_etcd-client._tcp 1 SRV 0 0 2379 infra0'];
    const knot = await Knot.start(scope, before);
    const resolver = new HostResolver({
      lookup: hostLookup(),
      settings: dnsSettings({ servers: [knot.address] }),
      clock: systemClock,
      random: Math.random,
      observer: () => undefined,
    });
    scope.defer(() => resolver.close());
    const tracked = resolver.track('infra0.example.test', () => undefined);
    const source = discover(scope, knot.address);
    await found(source, 'infra0.example.test:2379');
    await knot.serve([
      'infra0 1 AAAA 2001:db8::1',
      '_etcd-client._tcp 1 SRV 0 0 2379 infra0',
      '_etcd-client._tcp 1 SRV 0 0 2379 infra1',
    ]);
    await found(source, 'infra0.example.test:2379', 'infra1.example.test:2379');
    await until(() => tracked.addresses.join() === '2001:db8::1', { what: 'the other address' });
  }),
);

withDnsmasq(
  'keeps the last good answer while dnsmasq is away, and follows it when it is back',
  scoped(async (scope) => {
    const dnsmasq = await Dnsmasq.start(scope, [`srv-host=${name},infra0.example.test,2379,0,0`]);
    const events = new Events();
    const source = discover(scope, dnsmasq.address, events);
    await found(source, 'infra0.example.test:2379');
    await dnsmasq.stop();
    await until(() => source.status().error, { what: 'the failure' });
    assert.match(source.status().error ?? '', 'connection refused');
    await found(source, 'infra0.example.test:2379');
    await dnsmasq.serve([
      `srv-host=${name},infra1.example.test,2379,0,0`,
      'host-record=infra1.example.test,10.0.0.1',
    ]);
    await found(source, 'infra1.example.test:2379');
    assert.is(source.status().error, undefined);
    assert.is(events.of('source-failed').length, 1);
  }),
);

test.run();
