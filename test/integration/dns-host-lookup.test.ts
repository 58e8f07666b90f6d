import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DnsClient } from '../../src/dns/client.js';
import type { HostAnswer, HostLookup } from '../../src/dns/host-lookup.js';
import { DnsError } from '../../src/dns/errors.js';
import { SystemLookup } from '../../src/dns/system-lookup.js';
import { systemClock } from '../../src/model/clock.js';
import { dnsClient, dnsSettings, hostLookup, namesOf } from '../support/dns-fixtures.js';
import {
  a,
  aaaa,
  cname,
  DnsTestServer,
  rcodes,
  reply,
  silence,
  Zone,
} from '../support/dns-server.js';
import { scoped, type Scope } from '../support/scope.js';

const test = suite('host look-up');
const host = 'infra0.example.test';

function addressesOf({ ipv4, ipv6 }: HostAnswer): readonly string[] {
  return [ipv4, ipv6].flatMap((family) => (family.kind === 'addresses' ? family.addresses : []));
}

function look(lookup: HostLookup, server?: DnsTestServer, name = host): Promise<HostAnswer> {
  const settings = dnsSettings({ servers: server ? [server.address] : [], timeoutMs: 100 });
  return lookup.lookup(name, settings, new AbortController().signal);
}

async function serve(scope: Scope, zone: Zone): Promise<DnsTestServer> {
  const server = await DnsTestServer.start(zone.respond);
  scope.defer(() => server.close());
  return server;
}

async function reasonOf(looking: Promise<unknown>): Promise<string> {
  const outcome = await looking.catch((error: unknown) => error);
  if (outcome instanceof DnsError) return outcome.message;
  throw new Error('the look-up has not failed');
}

test(
  'asks for both families, IPv4 first, with the least TTL',
  scoped(async (scope) => {
    const zone = new Zone([aaaa(host, '2001:db8::1', 20), a(host, '10.0.0.1', 30)]);
    const answer = await look(hostLookup(), await serve(scope, zone));
    assert.equal(addressesOf(answer), ['10.0.0.1', '2001:db8::1']);
    assert.is(answer.ttlMs, 20_000);
  }),
);

test(
  'follows an alias',
  scoped(async (scope) => {
    const zone = new Zone([cname(host, 'real.test', 5), a('real.test', '10.0.0.1')]);
    const server = await serve(scope, zone);
    server.respond = (query, transport) =>
      query.questions[0]?.name === host
        ? [reply(query, { answers: [cname(host, 'real.test', 5)] })]
        : zone.respond(query, transport);
    const answer = await look(hostLookup(), server);
    assert.equal([addressesOf(answer), answer.ttlMs], [['10.0.0.1'], 5_000]);
  }),
);

test(
  'does not wait long for one family when it has the other',
  scoped(async (scope) => {
    const zone = new Zone([a(host, '10.0.0.1')]);
    const server = await serve(scope, zone);
    server.respond = (query, transport) =>
      query.questions[0]?.type === 'AAAA' ? silence() : zone.respond(query, transport);
    const settings = dnsSettings({ servers: [server.address], timeoutMs: 30_000 });
    const answer = await hostLookup().lookup(host, settings, new AbortController().signal);
    assert.equal(answer.ipv4, { kind: 'addresses', addresses: ['10.0.0.1'] });
    assert.equal(answer.ipv6, { kind: 'unknown' });
  }),
);

test(
  'fails where one family is negative and nobody tells about the other',
  scoped(async (scope) => {
    const server = await serve(scope, new Zone());
    server.respond = (query) =>
      query.questions[0]?.type === 'AAAA'
        ? [reply(query)]
        : [reply(query, { rcode: rcodes.servfail })];
    assert.match(await reasonOf(look(hostLookup(), server)), 'SERVFAIL');
  }),
);

test(
  'says that a name does not exist',
  scoped(async (scope) => {
    const server = await serve(scope, new Zone());
    assert.is(await reasonOf(look(hostLookup(), server)), 'the name does not exist (NXDOMAIN)');
  }),
);

test(
  'prefers the hosts file and does not ask about its names',
  scoped(async (scope) => {
    const server = await serve(scope, new Zone([a(host, '10.0.0.1')]));
    const hostsFile = join(await scope.tempDir(), 'hosts');
    await writeFile(hostsFile, `10.0.0.9 ${host}\n`);
    assert.equal(addressesOf(await look(hostLookup({ hostsFile }), server)), ['10.0.0.9']);
    assert.is(server.asked.length, 0);
  }),
);

test(
  'searches a name as resolv.conf says, both families under one name, and not with a final dot',
  scoped(async (scope) => {
    const server = await serve(
      scope,
      new Zone([
        a('etcd-0.etcd.ns.svc.test', '10.0.0.1'),
        aaaa('etcd-0.etcd.svc.test', '2001:db8::1'),
        a('etcd-0.etcd', '10.0.0.9'),
      ]),
    );
    const client = dnsClient(undefined, 'search ns.svc.test svc.test test\noptions ndots:5');
    const lookup = hostLookup({ client });
    assert.equal(addressesOf(await look(lookup, server, 'etcd-0.etcd')), ['10.0.0.1']);
    assert.equal(addressesOf(await look(lookup, server, 'etcd-0.etcd.')), ['10.0.0.9']);
    assert.match(await reasonOf(look(lookup, server, 'etcd-1.etcd')), 'NXDOMAIN');
    assert.equal(
      server.asked.slice(-8).flatMap(({ name, type }) => (type === 'A' ? [name] : [])),
      ['ns.svc.test', 'svc.test', 'test']
        .map((each) => `etcd-1.etcd.${each}`)
        .concat('etcd-1.etcd'),
    );
  }),
);

test('knows localhost without anybody', async () => {
  assert.equal(addressesOf(await look(hostLookup(), undefined, 'localhost')), ['127.0.0.1', '::1']);
  assert.equal(addressesOf(await look(hostLookup(), undefined, 'etcd.localhost')), [
    '127.0.0.1',
    '::1',
  ]);
});

test('takes an IP literal for what it is', async () => {
  assert.equal(addressesOf(await look(hostLookup(), undefined, '10.0.0.1')), ['10.0.0.1']);
});

test('asks the system for what DNS does not know', async () => {
  const lookupAll = (name: string): Promise<string[]> => Promise.resolve([`10.0.0.${name.length}`]);
  const answer = await look(hostLookup({ lookupAll }), undefined, 'etcd');
  assert.equal([addressesOf(answer), answer.ttlMs], [['10.0.0.4'], 30_000]);
});

test("asks the system where its servers know no such name, and tells the servers' reason", async () => {
  const query = () => Promise.resolve({ kind: 'none', reason: 'nxdomain', ttlMs: 7 });
  const client = { query, namesOf } as unknown as DnsClient;
  const knows = hostLookup({
    client,
    lookupAll: () => Promise.resolve(['10.0.0.1', '::1']),
  });
  assert.equal(addressesOf(await look(knows)), ['10.0.0.1', '::1']);
  const knowsNot = hostLookup({ client });
  assert.is(await reasonOf(look(knowsNot)), 'the name does not exist (NXDOMAIN)');
  const bare = look(knowsNot, undefined, 'etcd');
  assert.is(await reasonOf(bare), 'the name does not exist (NXDOMAIN)');
});

test(
  'never asks the system where servers are configured',
  scoped(async (scope) => {
    const server = await serve(scope, new Zone([a('etcd', '10.0.0.1')]));
    const lookupAll = (): Promise<string[]> => Promise.resolve(['6.6.6.6']);
    const lookup = hostLookup({ lookupAll });
    assert.equal(addressesOf(await look(lookup, server, 'etcd')), ['10.0.0.1']);
    assert.match(await reasonOf(look(lookup, server)), 'NXDOMAIN');
  }),
);

test('has at most two system look-ups in flight, and gives up on stuck ones', async () => {
  let inFlight = 0;
  const ends: (() => void)[] = [];
  const lookupAll = (): Promise<string[]> =>
    new Promise((resolve) => {
      inFlight += 1;
      ends.push(() => resolve([]));
    });
  const system = new SystemLookup(lookupAll, systemClock);
  const { signal } = new AbortController();
  const looks = ['a', 'b', 'c', 'd'].map((name) => system.addressesOf(name, 50, signal));
  for (const looking of looks) {
    assert.is(await reasonOf(looking), 'the system gave no answer in time');
  }
  assert.is(inFlight, 2, 'what is no longer waited for is not begun');
  for (const end of ends) end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(inFlight, 2);
});

test.run();
