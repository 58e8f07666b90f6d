import { decode } from 'dns-packet';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAliases, readAnswer } from '../../../src/dns/answer.js';
import { DnsError } from '../../../src/dns/errors.js';
import { canonicalName, encodeQuery, readReply, type Query } from '../../../src/dns/wire.js';
import { a, cname, reply, soa, srv } from '../../support/dns-server.js';

const test = suite('DNS wire format');

const name = '_etcd-client._tcp.example.test';
const query: Query = { id: 4711, question: { name, type: 'SRV' } };
const asked = decode(encodeQuery(query, true));
const needed = {
  answers: [
    cname(name, 'alias.example.test'),
    srv('alias.example.test', 'infra0.example.test', 2379, { priority: 1, weight: 2 }),
  ],
  authorities: [soa('example.test', 60, 60)],
};
const answer = reply(asked, { ...needed, additionals: [a('infra0.example.test', '10.0.0.1')] });
/** Where the additional records begin. */
const neededBytes = reply(asked, needed).length;

/** Reads bytes as the client does; every error but DnsError is a defect. */
function readWhole(bytes: Buffer): void {
  const reading = readReply(bytes, query);
  if (reading.kind !== 'reply') return;
  const followed = new Set<string>();
  try {
    readAnswer(reading.reply, { name, type: 'SRV' }, followed);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
  }
  assert.ok(followed.size <= maxAliases + 1);
}

test('asks one recursive question, with and without EDNS0', () => {
  for (const edns of [true, false]) {
    const sent = decode(encodeQuery(query, edns));
    assert.equal([sent.id, sent.type, sent.opcode], [4711, 'query', 'QUERY']);
    assert.equal(sent.questions, [{ name, type: 'SRV', class: 'IN' }]);
    assert.equal(
      sent.additionals.map(({ type, udpPayloadSize }) => [type, udpPayloadSize]),
      edns ? [['OPT', 1232]] : [],
    );
  }
});

test('takes a whole answer, in whatever case its names are', () => {
  assert.is(readReply(answer, query).kind, 'reply');
  const shouted = reply(
    { ...asked, questions: [{ name: name.toUpperCase(), type: 'SRV', class: 'IN' }] },
    { answers: [srv(name.toUpperCase(), 'INFRA0.example.test', 2379)] },
  );
  const reading = readReply(shouted, query);
  assert.is(reading.kind, 'reply');
  if (reading.kind !== 'reply') return;
  const read = readAnswer(reading.reply, { name, type: 'SRV' }, new Set());
  assert.is(read.kind === 'records' && read.records[0]?.target, 'infra0.example.test');
});

test('ignores an answer that ends anywhere before the end of what is needed of it', () => {
  for (let length = 0; length < neededBytes; length += 1) {
    assert.is(readReply(answer.subarray(0, length), query).kind, 'ignored');
  }
  assert.is(readReply(answer.subarray(0, neededBytes), query).kind, 'reply');
});

test('takes an answer whose additional records make no sense', () => {
  const pointsOutside = Buffer.from(answer);
  pointsOutside.writeUInt16BE(0xffff, neededBytes);
  assert.throws(() => decode(pointsOutside));
  const pointsInCircles = Buffer.from(answer);
  pointsInCircles.writeUInt16BE(0xc000 | neededBytes, neededBytes);
  assert.throws(() => decode(pointsInCircles));
  for (const bytes of [pointsOutside, pointsInCircles]) {
    const reading = readReply(bytes, query);
    assert.equal(reading, readReply(answer, query));
    assert.is(reading.kind === 'reply' && reading.reply.answers.length, 2);
  }
});

test('ignores an answer whose own records make no sense', () => {
  const bytes = Buffer.from(answer);
  bytes.writeUInt16BE(0xffff, reply(asked).length);
  assert.is(readReply(bytes, query).kind, 'ignored');
});

test('survives any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      assert.is(readReply(Buffer.from(bytes), query).kind === 'reply', false);
    }),
  );
});

test('survives any damage to an answer', () => {
  const damage = fc.array(fc.tuple(fc.nat(answer.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = Buffer.from(answer);
      for (const [at, value] of changes) bytes[at] = value;
      readWhole(bytes);
    }),
    { numRuns: 2_000 },
  );
});

test('survives any records after the right header and question', () => {
  const head = reply(asked);
  const tail = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(tail, fc.nat(0xffff), fc.nat(0xffff), (bytes, answers, others) => {
      const packet = Buffer.concat([head, Buffer.from(bytes)]);
      packet.writeUInt16BE(answers, 6);
      packet.writeUInt16BE(others, 8);
      readWhole(packet);
    }),
    { numRuns: 1_000 },
  );
});

/** Records of one byte of data each, of which each name leads on to the name before. */
function chained(records: number): Buffer {
  const record = Buffer.from('c000ff01000100000000000000', 'hex').subarray(0, 12);
  const head = reply(asked);
  const parts: Buffer[] = [head];
  let previous = 12;
  let at = head.length;
  for (let index = 0; index < records && at < 0x3fff; index += 1) {
    const each = Buffer.from(record);
    each.writeUInt16BE(0xc000 | previous, 0);
    each.writeUInt16BE(0, 10);
    parts.push(each);
    previous = at;
    at += each.length;
  }
  const bytes = Buffer.concat(parts);
  bytes.writeUInt16BE(parts.length - 1, 6);
  return bytes;
}

test('ignores within a millisecond or two what would take long to decode', () => {
  const questions = Buffer.from(answer);
  questions.writeUInt16BE(2, 4);
  const records = Buffer.from(answer);
  records.writeUInt16BE(1025, 6);
  const onward = Array.from({ length: 1024 }, () => a(Array(100).fill('x').join('.'), '10.0.0.1'));
  for (const bytes of [questions, records, chained(1000), reply(asked, { answers: onward })]) {
    const tookMs = Array.from({ length: 5 }, () => {
      const startedMs = performance.now();
      assert.is(readReply(bytes, query).kind, 'ignored');
      return performance.now() - startedMs;
    });
    assert.ok(Math.min(...tookMs) < 20, `${tookMs.join(' ')} ms`);
  }
});

test('reads nothing in records of types that it does not use', () => {
  const mx = { name, type: 'MX', ttl: 1, data: { preference: 1, exchange: 'mail.test' } };
  const reading = readReply(reply(asked, { answers: [mx, ...needed.answers] }), query);
  assert.is(reading.kind === 'reply' && reading.reply.answers.length, 3);
  assert.not(reading.kind === 'reply' && reading.reply.answers[0]?.type === 'MX');
});

test('takes the longest answer that is allowed', () => {
  const target = (index: number): string => `infra${index}.etcd.default.svc.cluster.local`;
  const answers = Array.from({ length: 1024 }, (_, index) => srv(name, target(index), 2379));
  assert.is(readReply(reply(asked, { answers }), query).kind, 'reply');
});

test('reads BADVERS out of the OPT record', () => {
  const opt = { name: '.', type: 'OPT', udpPayloadSize: 1232, extendedRcode: 1 };
  const reading = readReply(reply(asked, { additionals: [opt] }), query);
  assert.is(reading.kind === 'reply' && reading.reply.rcode, 'BADVERS');
});

test('writes names in one way', () => {
  assert.equal(['Example.Test.', 'example.test', '.'].map(canonicalName), [
    'example.test',
    'example.test',
    '',
  ]);
});

test.run();
