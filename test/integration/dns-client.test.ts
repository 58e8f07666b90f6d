import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DecodedPacket } from 'dns-packet';
import type { DnsClient } from '../../src/dns/client.js';
import { DnsError } from '../../src/dns/errors.js';
import type { RecordType } from '../../src/dns/wire.js';
import type { DnsSettings } from '../../src/model/config.js';
import { dnsClient, dnsSettings, Events } from '../support/dns-fixtures.js';
import {
  a,
  aaaa,
  cname,
  DnsTestServer,
  rcodes,
  reply,
  silence,
  soa,
  srv,
  truncated,
  type Responder,
} from '../support/dns-server.js';

const host = 'infra0.example.test';

interface World {
  readonly servers: DnsTestServer[];
  readonly events: Events;
  readonly client: DnsClient;
  serve(respond: Responder): Promise<DnsTestServer>;
}

const test = suite<World>('DNS client');

test.before.each((world) => {
  const events = new Events();
  const servers: DnsTestServer[] = [];
  Object.assign(world, {
    events,
    servers,
    client: dnsClient(events.observe),
    serve: async (respond: Responder) => {
      const server = await DnsTestServer.start(respond);
      servers.push(server);
      return server;
    },
  });
});

test.after.each(async ({ servers }) => {
  await Promise.all(servers.map((server) => server.close()));
});

function ask(
  { client, servers }: World,
  { name = host, type = 'A', ...changes }: Partial<DnsSettings> & Asking = {},
): ReturnType<DnsClient['query']> {
  const settings = dnsSettings({ servers: servers.map(({ address }) => address), ...changes });
  return client.query(name, type, { settings, signal: new AbortController().signal });
}

interface Asking {
  readonly name?: string;
  readonly type?: RecordType;
}

async function failureOf(asking: Promise<unknown>): Promise<DnsError> {
  try {
    await asking;
  } catch (error) {
    if (error instanceof DnsError) return error;
    throw error;
  }
  throw new Error('the query was answered');
}

const good = (query: DecodedPacket): Buffer => reply(query, { answers: [a(host, '10.0.0.1', 30)] });
const goodAnswer = { kind: 'records', records: ['10.0.0.1'], ttlMs: 30_000 };

test('answers with records and the least of their TTLs', async (world) => {
  await world.serve((query) => [
    reply(query, { answers: [a(host, '10.0.0.1', 30), a(host, '10.0.0.2', 20)] }),
  ]);
  assert.equal(await ask(world), {
    kind: 'records',
    records: ['10.0.0.1', '10.0.0.2'],
    ttlMs: 20_000,
  });
  const [told] = world.events.of('dns-queried');
  const server = world.servers[0]?.address;
  assert.equal([told?.server, told?.name, told?.outcome], [server, host, 'answer']);
});

test('asks IPv6 addresses too', async (world) => {
  await world.serve((query) => [reply(query, { answers: [aaaa(host, '2001:db8::1', 5)] })]);
  const answer = await ask(world, { type: 'AAAA' });
  assert.equal(answer, { kind: 'records', records: ['2001:db8::1'], ttlMs: 5_000 });
});

test('takes SRV records as they stand and tells which of them name no service', async (world) => {
  const name = '_etcd-client._tcp.example.test';
  await world.serve((query) => [
    reply(query, {
      answers: [
        srv(name, 'INFRA0.example.test', 2379, { priority: 1, weight: 7 }),
        srv(name, '.', 2379),
        srv(name, 'infra1.example.test', 0),
        srv(name, 'not a host', 2379),
        srv(name, '*', 2379),
        srv(name, '10.0.0.1', 2379),
        srv(name, '2001:db8::1', 2379),
      ],
    }),
  ]);
  assert.equal(await ask(world, { name, type: 'SRV' }), {
    kind: 'records',
    records: [{ target: 'infra0.example.test', port: 2379, priority: 1, weight: 7 }],
    ttlMs: 60_000,
    leftOut: [
      { target: 'infra1.example.test:0', reason: 'its port is 0' },
      { target: 'not a host:2379', reason: 'its target is no host name' },
      { target: '*:2379', reason: 'its target is no host name' },
      ...['10.0.0.1', '2001:db8::1'].map((address) => ({
        target: `${address}:2379`,
        reason: 'its target is an address (write an SRV record with a host name)',
      })),
    ],
  });
});

for (const [option, ways] of [
  ['', 'udp udp'],
  ['options use-vc', 'tcp tcp'],
  ['Options USE-VC', 'tcp tcp'],
] as const) {
  test(`asks over ${ways} with "${option}" in resolv.conf`, async (world) => {
    await world.serve((query) => [good(query)]);
    const client = dnsClient(world.events.observe, option);
    for (let count = 0; count < 2; count += 1)
      assert.equal(await ask({ ...world, client }), goodAnswer);
    assert.is(world.servers[0]?.asked.map(({ transport }) => transport).join(' '), ways);
  });
}

test('begins with another server each time where resolv.conf says rotate', async (world) => {
  for (let count = 0; count < 3; count += 1) await world.serve((query) => [good(query)]);
  const asked = () => world.servers.map((server) => server.asked.length);
  for (let count = 0; count < 3; count += 1) await ask(world);
  assert.equal(asked(), [3, 0, 0]);
  const client = dnsClient(world.events.observe, 'options rotate');
  for (let count = 0; count < 6; count += 1) await ask({ ...world, client });
  assert.equal(asked(), [5, 2, 2]);
});

test('asks a silent server as often as resolv.conf says, and waits as long unless the user says how long', async (world) => {
  const server = await world.serve(silence);
  const client = dnsClient(world.events.observe, 'options attempts:1 timeout:1');
  const tookMs = async (isTimeoutWritten: boolean): Promise<number> => {
    const startedMs = Date.now();
    const changes = { timeoutMs: 50, isTimeoutWritten };
    assert.is((await failureOf(ask({ ...world, client }, changes))).failure, 'timeout');
    return Date.now() - startedMs;
  };
  assert.ok((await tookMs(true)) < 900);
  assert.is(server.asked.length, 1);
  assert.ok((await tookMs(false)) >= 1_900, 'twice as long, as it has failed before');
  assert.is(server.asked.length, 2);
});

const hostile: Record<string, (query: DecodedPacket) => Buffer> = {
  'another id': (query) => reply(query, { id: (query.id + 1) % 0x10000 }),
  'another question': (query) =>
    reply(query, { questions: [{ name: 'evil.test', type: 'A', class: 'IN' }] }),
  'another type': (query) => reply(query, { questions: [{ name: host, type: 'MX', class: 'IN' }] }),
  'another class': (query) => reply(query, { questions: [{ name: host, type: 'A', class: 'CH' }] }),
  'no question': (query) => reply(query, { questions: [] }),
  'two questions': (query) => reply(query, { questions: [...query.questions, ...query.questions] }),
  'another opcode': (query) => reply(query, { flags: 2 << 11 }),
  'a query instead of a response': (query) => reply(query, { type: 'query' }),
  garbage: () => Buffer.from('ten or so bytes that are no packet'),
  'an empty packet': () => Buffer.alloc(0),
  'a packet cut inside its records': (query) => good(query).subarray(0, -3),
  'a compression loop': (query) => withLoop(good(query)),
  'record counts beyond the packet': (query) => withCount(good(query), 0xffff),
  'a huge garbage packet': (query) =>
    Buffer.concat([good(query).subarray(0, 12), Buffer.alloc(60_000, 0xc0)]),
};

for (const [what, forge] of Object.entries(hostile)) {
  test(`ignores ${what} and waits for the true answer`, async (world) => {
    await world.serve((query) => [forge(query), good(query)]);
    assert.equal(await ask(world), goodAnswer);
  });

  test(`times out on nothing but ${what}`, async (world) => {
    await world.serve((query) => [forge(query)]);
    assert.is((await failureOf(ask(world, { timeoutMs: 30 }))).failure, 'timeout');
  });
}

/** The name of the first record points at itself. */
function withLoop(packet: Buffer): Buffer {
  const looped = Buffer.from(packet);
  const at = 12 + host.length + 2 + 4;
  looped.writeUInt16BE(0xc000 | at, at);
  return looped;
}

function withCount(packet: Buffer, count: number): Buffer {
  const inflated = Buffer.from(packet);
  inflated.writeUInt16BE(count, 6);
  return inflated;
}

test('hears no more of a server that sends many datagrams that answer nothing', async (world) => {
  const noise = Array.from({ length: 16 }, () => Buffer.from('no packet at all'));
  await world.serve((query) => [...noise, good(query)]);
  await world.serve((query) => [good(query)]);
  assert.equal(await ask(world, { timeoutMs: 60_000 }), goodAnswer);
  assert.equal(
    world.events.of('dns-queried').map(({ outcome }) => outcome),
    ['malformed', 'answer'],
  );
});

test('ignores answers from another port', async (world) => {
  const forger = await world.serve(silence);
  const server = await DnsTestServer.start(async (query) => {
    await forger.sendFrom(reply(query, { answers: [a(host, '6.6.6.6')] }), server.lastPeerPort);
    return [good(query)];
  });
  world.servers.splice(0, 1, server);
  assert.equal(await ask(world), goodAnswer);
  await forger.close();
});

test('asks over TCP when the answer is truncated', async (world) => {
  const server = await world.serve((query, transport) => [
    transport === 'udp' ? truncated(query) : good(query),
  ]);
  assert.equal(await ask(world), goodAnswer);
  assert.equal(
    server.asked.map(({ transport }) => transport),
    ['udp', 'tcp'],
  );
});

test('asks the next server where TCP brings no answer', async (world) => {
  const hangsUp = await world.serve((query) => [truncated(query)]);
  hangsUp.hangsUp = true;
  await world.serve((query, transport) => [
    transport === 'udp' ? truncated(query) : reply(query, { id: query.id ^ 1 }),
  ]);
  await world.serve((query) => [good(query)]);
  assert.equal(await ask(world), goodAnswer);
  assert.equal(
    world.events.of('dns-queried').map(({ outcome }) => outcome),
    ['malformed', 'malformed', 'answer'],
  );
});

test('gives up on a server that sends half an answer over TCP', async (world) => {
  await world.serve((query, transport) =>
    transport === 'udp' ? [truncated(query)] : [Buffer.alloc(0)],
  );
  assert.is((await failureOf(ask(world, { timeoutMs: 50 }))).failure, 'malformed');
});

test('takes a long answer over TCP', async (world) => {
  const answers = Array.from({ length: 1000 }, (_, index) =>
    a(host, `10.0.${index >> 8}.${index & 255}`),
  );
  await world.serve((query, transport) => [
    transport === 'udp' ? truncated(query) : reply(query, { answers }),
  ]);
  const answer = await ask(world);
  assert.is(answer.kind === 'records' && answer.records.length, 1000);
});

test('refuses more records than any cluster has', async (world) => {
  const answers = Array.from({ length: 1025 }, (_, index) =>
    a(host, `10.0.${index >> 8}.${index & 255}`),
  );
  await world.serve((query, transport) => [
    transport === 'udp' ? truncated(query) : reply(query, { answers }),
  ]);
  assert.is((await failureOf(ask(world))).failure, 'malformed');
});

test('asks a server that drops EDNS0 queries again without, and remembers it', async (world) => {
  const server = await world.serve((query) =>
    query.additionals.length > 0 ? silence() : [good(query)],
  );
  assert.equal(await ask(world, { timeoutMs: 50 }), goodAnswer);
  assert.equal(await ask(world, { timeoutMs: 50 }), goodAnswer);
  assert.equal(
    server.asked.map(({ edns }) => edns),
    [true, false, false],
  );
});

test('asks again without EDNS0 after BADVERS', async (world) => {
  const opt = { name: '.', type: 'OPT', udpPayloadSize: 1232, extendedRcode: 1 };
  const server = await world.serve((query) => [
    query.additionals.length > 0 ? reply(query, { additionals: [opt] }) : good(query),
  ]);
  assert.equal(await ask(world), goodAnswer);
  assert.equal(await ask(world), goodAnswer);
  assert.equal(
    server.asked.map(({ edns }) => edns),
    [true, false, false],
  );
});

test('does not take an error about one name for a missing EDNS0', async (world) => {
  const server = await world.serve((query) => [
    query.questions[0]?.name === host ? good(query) : reply(query, { rcode: rcodes.servfail }),
  ]);
  assert.equal(await ask(world), goodAnswer);
  await failureOf(ask(world, { name: 'broken.test' }));
  assert.ok(server.asked.every(({ edns }, index) => edns || index > 1));
});

for (const rcode of ['formerr', 'notimp', 'servfail', 'refused'] as const) {
  test(`asks again without EDNS0 after ${rcode.toUpperCase()}`, async (world) => {
    const server = await world.serve((query) =>
      query.additionals.length > 0
        ? [reply(query, { rcode: rcodes[rcode], questions: [] })]
        : [good(query)],
    );
    assert.equal(await ask(world), goodAnswer);
    assert.equal(
      server.asked.map(({ edns }) => edns),
      [true, false],
    );
  });
}

for (const rcode of ['servfail', 'refused'] as const) {
  test(`asks the next server after ${rcode.toUpperCase()}`, async (world) => {
    await world.serve((query) => [reply(query, { rcode: rcodes[rcode] })]);
    await world.serve((query) => [good(query)]);
    assert.equal(await ask(world), goodAnswer);
    assert.equal(
      world.events.of('dns-queried').map(({ outcome }) => outcome),
      [rcode, 'answer'],
    );
  });
}

test('asks the next server after a referral', async (world) => {
  const ns = { name: 'test', type: 'NS', class: 'IN', ttl: 60, data: 'ns.test' };
  await world.serve((query) => [reply(query, { flags: 0, authorities: [ns] })]);
  await world.serve((query) => [good(query)]);
  assert.equal(await ask(world), goodAnswer);
});

test('asks a silent server last from then on', async (world) => {
  const silent = await world.serve(silence);
  await world.serve((query) => [good(query)]);
  assert.equal(await ask(world, { timeoutMs: 50 }), goodAnswer);
  assert.equal(await ask(world, { timeoutMs: 50 }), goodAnswer);
  assert.is(silent.asked.length, 1);
});

test('knows at once that nobody listens', async (world) => {
  const dead = await DnsTestServer.start(silence);
  const { address } = dead;
  await dead.close();
  const failure = await failureOf(ask(world, { servers: [address], timeoutMs: 60_000 }));
  assert.is(failure.failure, 'unreachable');
  assert.is(failure.message, `DNS server ${address}: connection refused`);
});

test('asks the next one where a server cannot even be dialed', async (world) => {
  const { address } = await world.serve((query) => [good(query)]);
  const broadcast = '255.255.255.255:53'; // the kernel refuses it, as it does where there is no route
  const answer = await ask(world, { servers: [broadcast, address], timeoutMs: 60_000 });
  assert.equal(answer, { ...goodAnswer, isFromAfar: true });
  const failure = await failureOf(ask(world, { servers: [broadcast], timeoutMs: 60_000 }));
  assert.is(failure.failure, 'unreachable');
});

test('gives a slow server twice the time in the second round', async (world) => {
  const server = await world.serve(async (query) => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return [good(query)];
  });
  assert.equal(await ask(world, { timeoutMs: 100 }), goodAnswer);
  assert.is(server.asked.length, 2);
});

test('names every server and its reason when all fail', async (world) => {
  const one = await world.serve((query) => [reply(query, { rcode: rcodes.servfail })]);
  const two = await world.serve(silence);
  const { message } = await failureOf(ask(world, { timeoutMs: 30 }));
  assert.is(
    message,
    `DNS server ${one.address}: SERVFAIL; DNS server ${two.address}: no answer in time`,
  );
});

test('tells NXDOMAIN and how long it holds by the SOA', async (world) => {
  await world.serve((query) => [
    reply(query, { rcode: rcodes.nxdomain, authorities: [soa('example.test', 300, 42)] }),
  ]);
  assert.equal(await ask(world), { kind: 'none', reason: 'nxdomain', ttlMs: 42_000 });
});

test('tells a name without such records from one that does not exist', async (world) => {
  await world.serve((query) => [reply(query, { authorities: [soa('example.test', 10, 42)] })]);
  assert.equal(await ask(world), { kind: 'none', reason: 'nodata', ttlMs: 10_000 });
});

test('does not know how long a negative answer holds without an SOA', async (world) => {
  await world.serve((query) => [reply(query)]);
  assert.equal(await ask(world), { kind: 'none', reason: 'nodata', ttlMs: undefined });
});

test('reads a TTL with the highest bit set as zero', async (world) => {
  await world.serve((query) => [reply(query, { answers: [a(host, '10.0.0.1', 2 ** 31)] })]);
  assert.equal(await ask(world), { ...goodAnswer, ttlMs: 0 });
});

test('takes a TTL of zero and the longest there is', async (world) => {
  await world.serve((query) => [reply(query, { answers: [a(host, '10.0.0.1', 0)] })]);
  assert.equal(await ask(world), { ...goodAnswer, ttlMs: 0 });
  const [server] = world.servers;
  if (server) {
    server.respond = (query) => [reply(query, { answers: [a(host, '10.0.0.1', 2 ** 31 - 1)] })];
  }
  assert.equal(await ask(world), { ...goodAnswer, ttlMs: (2 ** 31 - 1) * 1000 });
});

test('follows aliases inside an answer with the least TTL', async (world) => {
  await world.serve((query) => [
    reply(query, {
      answers: [
        a('b.test', '10.0.0.1', 50),
        cname('a.test', 'B.test', 40),
        cname(host, 'a.test', 45),
      ],
    }),
  ]);
  assert.equal(await ask(world), { ...goodAnswer, ttlMs: 40_000 });
});

test('asks for the alias where the answer ends there', async (world) => {
  const server = await world.serve((query) => [
    query.questions[0]?.name === host
      ? reply(query, { answers: [cname(host, 'elsewhere.test', 7)] })
      : reply(query, { answers: [a('elsewhere.test', '10.0.0.1', 30)] }),
  ]);
  assert.equal(await ask(world), { ...goodAnswer, ttlMs: 7_000 });
  assert.is(server.times('elsewhere.test', 'A'), 1);
});

test('gives up on aliases that lead in a circle', async (world) => {
  await world.serve((query) => [
    reply(query, { answers: [cname(host, 'a.test'), cname('a.test', host)] }),
  ]);
  assert.match((await failureOf(ask(world))).message, 'circle');
});

test('gives up on a chain of aliases over many answers', async (world) => {
  const server = await world.serve((query) => {
    const name = query.questions[0]?.name ?? '';
    return [reply(query, { answers: [cname(name, `x${server.asked.length}.test`)] })];
  });
  assert.match((await failureOf(ask(world))).message, 'too many aliases');
  assert.ok(server.asked.length <= 17);
});

test('takes nothing that belongs to another name', async (world) => {
  await world.serve((query) => [reply(query, { answers: [a('evil.test', '6.6.6.6')] })]);
  assert.is((await ask(world)).kind, 'none');
});

test('ends at once when it is no longer wanted', async (world) => {
  const server = await world.serve(silence);
  const controller = new AbortController();
  const settings = dnsSettings({ servers: [server.address], timeoutMs: 60_000 });
  const asking = world.client.query(host, 'A', { settings, signal: controller.signal });
  controller.abort();
  assert.is((await failureOf(asking)).failure, 'aborted');
});

test.run();
