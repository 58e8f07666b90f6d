import type { DecodedPacket } from 'dns-packet';
import dnsPacket = require('dns-packet');
import { withoutFinalDot } from '../model/address.js';
import { bounded } from './bounds.js';

export type RecordType = 'A' | 'AAAA' | 'SRV';

export interface Question {
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: RecordType;
}

/** A query as it was sent: what its answer must match. */
export interface Query {
  readonly id: number;
  readonly question: Question;
}

/** `ignored`: not an answer to the query, whoever sent it; the true one may still come. */
export type Reading =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'reply'; readonly reply: DecodedPacket };

/** Fits every path without fragments (DNS flag day 2020). */
const ednsPayloadBytes = 1232;
const headerBytes = 12;
/** Where the header counts answers, authorities and additional records, two bytes each. */
const recordCounts = 6;

/** A recursive query (RFC 1035), with EDNS0 (RFC 6891) unless the server does not know it. */
export function encodeQuery(query: Query, edns: boolean): Buffer {
  return dnsPacket.encode({
    type: 'query',
    id: query.id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ ...query.question, class: 'IN' }],
    additionals: edns ? [{ name: '.', type: 'OPT', udpPayloadSize: ednsPayloadBytes }] : [],
  });
}

/**
 * Checks that the bytes answer the query: id, direction, opcode and question. Additional records are
 * not decoded: nobody here uses them, and dnsmasq 2.90 writes names into them that point nowhere once the
 * message is longer than the 16 KiB a pointer can reach (RFC 1035, section 4.1.4). Never throws.
 */
export function readReply(bytes: Buffer, query: Query): Reading {
  if (bytes.length < headerBytes || bytes.readUInt16BE(0) !== query.id) return ignored;
  if (bytes.readUInt16BE(4) > 1) return ignored;
  const head = tryDecode(without(bytes, recordCounts));
  if (!head || !answers(head, query.question)) return ignored;
  if (head.flag_tc) return { kind: 'truncated' };
  const cheap = bounded(bytes);
  if (!cheap) return ignored;
  const reply = tryDecode(cheap.bytes);
  if (!reply) return ignored;
  const rcode = cheap.upperRcode === 1 && reply.rcode === 'NOERROR' ? 'BADVERS' : reply.rcode;
  return { kind: 'reply', reply: { ...reply, rcode } };
}

export function canonicalName(name: string): string {
  return withoutFinalDot(name).toLowerCase();
}

const ignored: Reading = { kind: 'ignored' };

function answers(head: DecodedPacket, asked: Question): boolean {
  if (head.type !== 'response' || head.opcode !== 'QUERY') return false;
  const [question, ...more] = head.questions;
  // A server that cannot read a query may be unable to repeat it.
  if (!question) return head.rcode === 'FORMERR' || head.rcode === 'NOTIMP';
  return (
    more.length === 0 &&
    canonicalName(question.name) === asked.name &&
    question.type === asked.type &&
    question.class === 'IN'
  );
}

/** The message as if it had none of the records that are counted from here to the header's end. */
function without(bytes: Buffer, firstCount: number): Buffer {
  const shorter = Buffer.from(bytes);
  shorter.fill(0, firstCount, headerBytes);
  return shorter;
}

function tryDecode(bytes: Buffer): DecodedPacket | undefined {
  try {
    const packet = dnsPacket.decode(bytes);
    return dnsPacket.decode.bytes <= bytes.length ? packet : undefined;
  } catch {
    return undefined; // dns-packet throws on malformed input, which is all that it says
  }
}
