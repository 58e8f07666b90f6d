import { decode, encode, type ResourceRecord } from 'dns-packet';
import fc from 'fast-check';
import * as assert from 'uvu/assert';

import { maxAliases, maxRecords, readAnswer } from '../../../src/dns/answer.js';
import { DnsError } from '../../../src/dns/errors.js';
import { encodeQuery, readReply, type Query, type RecordType } from '../../../src/dns/wire.js';
import { isHostName } from '../../../src/model/address.js';
import { a, aaaa, cname, rcodes, reply, soa, srv } from '../../support/dns-server.js';
import type { FuzzArea } from '../area.js';
import { assertCleanLine } from '../clean.js';

const name = '_etcd-client._tcp.example.test';

/** The id of every packet in the corpus: one with another id is not looked at. */
const id = 4711;

/** Answers of DNS servers: any packet gives records within bounds, a DnsError, or is ignored. */
export function openDns(): FuzzArea {
  return {
    inputs: fc.oneof(answers, tails, fc.uint8Array({ maxLength: 600 })),
    check: checkPacket,
  };
}

function checkPacket(packet: Buffer): void {
  for (const type of ['SRV', 'A', 'AAAA'] as const)
    checkAs(packet, { id, question: { name, type } });
}

function checkAs(packet: Buffer, query: Query & { question: { type: RecordType } }): void {
  const reading = readReply(packet, query);
  if (reading.kind !== 'reply') return;
  const followed = new Set<string>();
  try {
    const answer = readAnswer(reading.reply, query.question, followed);
    if (answer.kind === 'records') checkRecords(answer.records, answer.ttlMs);
    if (answer.kind === 'alias') assert.ok(isHostName(answer.target));
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    assertCleanLine(error.message, 200);
  }
  assert.ok(followed.size <= maxAliases + 1);
}

function checkRecords(records: readonly unknown[], ttlMs: number): void {
  assert.ok(records.length <= maxRecords);
  assert.ok(ttlMs >= 0 && ttlMs < 2 ** 31 * 1_000, `a TTL of ${ttlMs} ms`);
  for (const record of records) {
    if (typeof record === 'string') continue;
    const { target, port } = record as { readonly target: string; readonly port: number };
    assert.ok(isHostName(target) && port >= 1 && port <= 65_535);
  }
}

const hosts = fc.constantFrom(
  ...[
    name,
    'a.example.test',
    'b.example.test',
    '.',
    '127.0.0.1',
    'a'.repeat(63),
    'x\u001b[31m.test',
  ],
  ...['-.test', '__proto__', 'a b.test', 'ä.test', '*.test', `${'a.'.repeat(120)}test`],
);
const number = fc.constantFrom(0, 1, 2379, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
const small = number.map((value) => value % 65_536);
const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc
    .tuple(hosts, hosts, small, number, small, small)
    .map(([at, target, port, ttl, priority, weight]) =>
      srv(at, target, port, { ttl, priority, weight }),
    ),
  fc.tuple(hosts, hosts, number).map(([at, target, ttl]) => cname(at, target, ttl)),
  fc.tuple(hosts, fc.ipV4(), number).map(([at, address, ttl]) => a(at, address, ttl)),
  fc.tuple(hosts, fc.constantFrom('::', '::1', '2001:db8::1')).map(([at, ip]) => aaaa(at, ip)),
  fc.tuple(hosts, number, number).map(([at, ttl, minimum]) => soa(at, ttl, minimum)),
);
const records = fc.array(record, { maxLength: 6 });
const type = fc.constantFrom('SRV', 'A', 'AAAA');

function asked(of: 'SRV' | 'A' | 'AAAA'): ReturnType<typeof decode> {
  return decode(encodeQuery({ id, question: { name, type: of } }, true));
}

/** Well-formed packets of records that say anything. */
const answers = fc
  .tuple(type, records, records, records, fc.constantFrom(0, ...Object.values(rcodes)))
  .map(([of, first, authorities, additionals, rcode]) =>
    reply(asked(of), { answers: first, authorities, additionals, rcode }),
  );

/** The right header and question, then any bytes as records. */
const tails = fc
  .tuple(type, fc.uint8Array({ maxLength: 300 }), fc.nat(0xffff), fc.nat(0xffff))
  .map(([of, bytes, count, others]) => {
    const packet = Buffer.concat([encode({ ...asked(of), type: 'response' }), bytes]);
    packet.writeUInt16BE(count, 6);
    packet.writeUInt16BE(others, 8);
    packet.writeUInt16BE(0, 10);
    return packet;
  });
