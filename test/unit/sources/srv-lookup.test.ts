import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Answer, RecordData, SrvRecord } from '../../../src/dns/answer.js';
import { namesToAsk } from '../../../src/dns/search.js';
import { DnsError } from '../../../src/dns/errors.js';
import type { RecordType } from '../../../src/dns/wire.js';
import { endpointKey } from '../../../src/model/endpoint.js';
import { SrvFailure, SrvLookup, type SrvClient } from '../../../src/sources/srv-lookup.js';
import { srvNames } from '../../../src/sources/srv-names.js';
import { dnsSettings } from '../../support/dns-fixtures.js';
import { srvSettings } from '../../support/srv-fixtures.js';

const test = suite('SRV look-up');

const secureName = '_etcd-client-ssl._tcp.example.test';
const plainName = '_etcd-client._tcp.example.test';
const options = { settings: dnsSettings(), signal: new AbortController().signal };
const servfail = new DnsError('servfail', 'SERVFAIL');
const nxdomain: Answer<SrvRecord> = { kind: 'none', reason: 'nxdomain', ttlMs: 42_000 };

/** Answers by name; an error is thrown. */
class FakeClient implements SrvClient {
  answers: Record<string, Answer<SrvRecord> | Error> = {};

  /** As resolv.conf has them. */
  search: Parameters<typeof namesToAsk>[1] = { search: [], ndots: 1 };

  namesOf(name: string): Promise<readonly string[]> {
    return Promise.resolve(namesToAsk(name, this.search));
  }

  query<T extends RecordType>(name: string): Promise<Answer<RecordData[T]>> {
    const answer = this.answers[name] ?? nxdomain;
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer as Answer<RecordData[T]>);
  }
}

function records(
  ttlMs: number,
  ...found: (readonly [string, number, number?, number?])[]
): Answer<SrvRecord> {
  return {
    kind: 'records',
    ttlMs,
    records: found.map(([target, port, priority = 0, weight = 0]) => ({
      target,
      port,
      priority,
      weight,
    })),
  };
}

function lookupOf(answers: FakeClient['answers'], insecure = true): [SrvLookup, FakeClient] {
  const client = new FakeClient();
  client.answers = answers;
  return [new SrvLookup(client, srvSettings({ insecure })), client];
}

async function keysOf(lookup: SrvLookup): Promise<readonly string[]> {
  return (await lookup.lookup(options)).endpoints.map(endpointKey);
}

async function failureOf(lookup: SrvLookup): Promise<SrvFailure> {
  const outcome = await lookup.lookup(options).catch((error: unknown) => error);
  if (outcome instanceof SrvFailure) return outcome;
  throw new Error('the look-up has not failed');
}

test('forms the names as etcd does', () => {
  const names = (changes: Parameters<typeof srvSettings>[0]): string[] =>
    srvNames(srvSettings(changes)).map(({ name }) => name);
  assert.equal(names({ insecure: true }), [secureName, plainName]);
  assert.equal(names({ insecure: false }), [secureName]);
  assert.equal(names({ insecure: true, serviceName: 'east', domain: 'Example.test.' }), [
    '_etcd-client-ssl-east._tcp.example.test.',
    '_etcd-client-east._tcp.example.test.',
  ]);
});

test('lists secure targets first, each in order of priority and name', async () => {
  const [lookup] = lookupOf({
    [secureName]: records(9_000, ['b.test', 2379, 1, 5], ['c.test', 2379], ['a.test', 2379, 1, 7]),
    [plainName]: records(8_000, ['d.test', 2379]),
  });
  const { endpoints, ttlMs } = await lookup.lookup(options);
  assert.is(ttlMs, 8_000);
  assert.equal(endpoints.map(endpointKey), [
    'c.test:2379',
    'a.test:2379',
    'b.test:2379',
    'd.test:2379',
  ]);
  assert.equal(endpoints[1], {
    address: { kind: 'tcp', host: 'a.test', port: 2379 },
    priority: 1,
    weight: 7,
    maxSessions: 0,
    drain: false,
  });
});

test('keeps the first of two records with one host and port', async () => {
  const [lookup] = lookupOf({
    [secureName]: records(9_000, ['a.test', 2379, 3, 5]),
    [plainName]: records(8_000, ['a.test', 2379, 1, 1], ['a.test', 2380]),
  });
  const { endpoints } = await lookup.lookup(options);
  assert.equal(endpoints.map(endpointKey), ['a.test:2379', 'a.test:2380']);
  assert.is(endpoints[0]?.priority, 3);
});

test('does without a name that never had an answer', async () => {
  const [lookup] = lookupOf({
    [secureName]: servfail,
    [plainName]: records(8_000, ['a.test', 2379]),
  });
  assert.equal(await keysOf(lookup), ['a.test:2379']);
});

test('fails where a name that has answered cannot be asked', async () => {
  const answers = {
    [secureName]: records(9_000, ['a.test', 2379]),
    [plainName]: records(8_000, ['b.test', 2379]),
  };
  const [lookup, client] = lookupOf(answers);
  await lookup.lookup(options);
  client.answers = { ...answers, [secureName]: servfail };
  assert.is((await failureOf(lookup)).message, `${secureName}: SERVFAIL`);
});

test('lets a name go on the word of its authority', async () => {
  const answers = {
    [secureName]: records(9_000, ['a.test', 2379]),
    [plainName]: records(80_000, ['b.test', 2379]),
  };
  const [lookup, client] = lookupOf(answers);
  await lookup.lookup(options);
  client.answers = { ...answers, [secureName]: nxdomain };
  const { endpoints, ttlMs } = await lookup.lookup(options);
  assert.equal(endpoints.map(endpointKey), ['b.test:2379']);
  assert.is(ttlMs, 42_000, 'a name may come back as soon as its absence ends');
});

test('fails with every reason where no name has a record', async () => {
  const [lookup] = lookupOf({ [plainName]: { kind: 'none', reason: 'nodata', ttlMs: 7_000 } });
  const failure = await failureOf(lookup);
  assert.is(
    failure.message,
    `${secureName}: the name does not exist (NXDOMAIN); ${plainName}: no usable SRV record`,
  );
  assert.is(failure.negativeTtlMs, 7_000);
});

test('tells what an answer without a usable record has', async () => {
  const leftOut = [{ target: 'a.test:0', reason: 'its port is 0' }];
  const [lookup] = lookupOf({
    [plainName]: { kind: 'none', reason: 'nodata', ttlMs: 7_000, leftOut },
  });
  assert.equal((await failureOf(lookup)).leftOut, leftOut);
});

test('searches as resolv.conf says, tells where it has found the records, and not with a final dot', async () => {
  const client = new FakeClient();
  client.search = { search: ['ns.svc.test', 'svc.test', 'test'], ndots: 5 };
  const found = `${secureName}.svc.test`;
  client.answers = {
    [found]: records(9_000, ['a.test', 2379]),
    [secureName]: records(1, ['b.test', 1]),
  };
  const lookup = new SrvLookup(client, srvSettings({ insecure: false }));
  assert.equal(await lookup.lookup(options), {
    ...(await lookup.lookup(options)),
    domain: 'example.test.svc.test',
  });
  assert.equal(await keysOf(lookup), ['a.test:2379']);
  const rooted = new SrvLookup(client, srvSettings({ insecure: false, domain: 'example.test.' }));
  assert.equal(await keysOf(rooted), ['b.test:1']);
});

test('goes on where a search domain cannot be asked for, unless it was the one that has answered', async () => {
  const client = new FakeClient();
  client.search = { search: ['one.test', 'two.test'], ndots: 9 };
  const [one, two] = [`${secureName}.one.test`, `${secureName}.two.test`];
  client.answers = { [one]: servfail, [two]: records(9_000, ['two.test', 1]) };
  const lookup = new SrvLookup(client, srvSettings({ insecure: false }));
  assert.equal(await keysOf(lookup), ['two.test:1']);
  client.answers[one] = records(9_000, ['one.test', 1]);
  assert.equal(await keysOf(lookup), ['one.test:1']);
  client.answers[one] = servfail;
  assert.match((await failureOf(lookup)).message, 'SERVFAIL');
  client.answers[one] = nxdomain;
  assert.equal(await keysOf(lookup), ['two.test:1']);
});

test('takes 128 targets at most, those that are preferred, and tells of the others', async () => {
  const all = Array.from({ length: 1_000 }, (_, n) => [`h${n}.test`, 1, 999 - n] as const);
  const [lookup] = lookupOf({ [secureName]: records(9_000, ...all) });
  const { endpoints, leftOut } = await lookup.lookup(options);
  assert.equal([endpoints.length, leftOut.length], [128, 872]);
  assert.equal(endpoints.slice(0, 2).map(endpointKey), ['h999.test:1', 'h998.test:1']);
  assert.equal(leftOut.at(-1), {
    target: 'h0.test:1',
    reason: 'the answer names more than 128 targets',
  });
});

test('never takes plaintext targets for a secure discovery', async () => {
  const [lookup] = lookupOf({ [plainName]: records(8_000, ['a.test', 2379]) }, false);
  assert.match((await failureOf(lookup)).message, /^_etcd-client-ssl/);
});

test.run();
