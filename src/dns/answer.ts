import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { DecodedPacket, ResourceRecord } from 'dns-packet';
import { isHostName } from '../model/address.js';
import { DnsError } from './errors.js';
import { canonicalName, type Question, type RecordType } from './wire.js';

export interface SrvRecord {
  /** Lower case, without the final dot. */
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface RecordData {
  readonly A: string;
  readonly AAAA: string;
  readonly SRV: SrvRecord;
}

/** What a name has of one type. `none` is the authority's own word, not a failure to ask it. */
export type Answer<T> = (
  | { readonly kind: 'records'; readonly records: readonly T[]; readonly ttlMs: number }
  | {
      readonly kind: 'none';
      readonly reason: 'nxdomain' | 'nodata';
      /** From the SOA (RFC 2308); undefined: the server did not say. */
      readonly ttlMs: number | undefined;
    }
) & {
  /** SRV records that cannot be used; absent: there are none. */
  readonly leftOut?: readonly LeftOut[];
  /** Its servers are not all on this machine. */
  readonly isFromAfar?: boolean;
};

export interface LeftOut {
  /** `host:port` */
  readonly target: string;
  readonly reason: string;
}

/** The answer ends at another name, for which it brings nothing. */
export interface Alias {
  readonly kind: 'alias';
  readonly target: string;
  readonly ttlMs: number;
}

/** Far more than an etcd cluster has; a larger answer is a mistake or an attack. */
export const maxRecords = 1024;
export const maxAliases = 16;

/**
 * Reads a reply that has been matched to its question.
 * @param followed names seen on the way here; grows, and bounds the chain of aliases.
 * @throws DnsError when aliases loop or the answer is beyond all bounds.
 */
export function readAnswer<T extends RecordType>(
  reply: DecodedPacket,
  question: Question & { readonly type: T },
  followed: Set<string>,
): Answer<RecordData[T]> | Alias {
  const chain = followAliases(reply, question.name, followed);
  const records = reply.answers.filter((record) => isOf(record, chain.name, question.type));
  if (records.length > maxRecords) {
    throw new DnsError('malformed', `the answer has more than ${maxRecords} records`);
  }
  const usable = records.flatMap((record) => parseData(question.type, record.data));
  const unusable = question.type === 'SRV' ? records.flatMap(({ data }) => whyLeftOut(data)) : [];
  const leftOut = unusable.length > 0 ? { leftOut: unusable } : {};
  if (usable.length > 0) {
    const ttlMs = Math.min(chain.ttlMs, leastTtlMs(records));
    return { kind: 'records', records: usable, ttlMs, ...leftOut };
  }
  return { ...negative(reply, records.length > 0, chain), ...leftOut };
}

interface Chain {
  readonly name: string;
  readonly ttlMs: number;
  readonly moved: boolean;
}

function followAliases(reply: DecodedPacket, from: string, followed: Set<string>): Chain {
  let chain: Chain = { name: from, ttlMs: Infinity, moved: false };
  for (;;) {
    followed.add(chain.name);
    const alias = reply.answers.find((record) => isOf(record, chain.name, 'CNAME'));
    if (!alias) return chain;
    const target = typeof alias.data === 'string' ? canonicalName(alias.data) : '';
    if (!isHostName(target)) throw new DnsError('malformed', 'an alias leads to no host name');
    if (followed.has(target)) throw new DnsError('malformed', 'the aliases lead in a circle');
    if (followed.size > maxAliases) throw new DnsError('malformed', 'too many aliases');
    chain = { name: target, ttlMs: Math.min(chain.ttlMs, ttlMsOf(alias)), moved: true };
  }
}

function negative(reply: DecodedPacket, unusable: boolean, chain: Chain): Answer<never> | Alias {
  const soa = reply.authorities.find((record) => record.type === 'SOA');
  const ttlMs = soa && Math.min(chain.ttlMs, ttlMsOf(soa), soaMinimumMs(soa.data));
  if (reply.rcode === 'NXDOMAIN') return { kind: 'none', reason: 'nxdomain', ttlMs };
  if (chain.moved && !soa && !unusable) {
    return { kind: 'alias', target: chain.name, ttlMs: chain.ttlMs };
  }
  return { kind: 'none', reason: 'nodata', ttlMs };
}

function isOf(record: ResourceRecord, name: string, type: string): boolean {
  return record.type === type && record.class === 'IN' && canonicalName(record.name) === name;
}

function leastTtlMs(records: readonly ResourceRecord[]): number {
  return Math.min(...records.map(ttlMsOf));
}

/** RFC 2181, section 8: a TTL with its highest bit set is 0. */
function ttlMsOf(record: ResourceRecord): number {
  return ttlToMs(record.ttl ?? 0);
}

function ttlToMs(seconds: number): number {
  return seconds > 2 ** 31 - 1 ? 0 : seconds * 1000;
}

function soaMinimumMs(data: unknown): number {
  return ttlToMs(numberIn(data, 'minimum') ?? 0);
}

const parsers: { readonly [T in RecordType]: (data: unknown) => RecordData[T] | undefined } = {
  A: (data) => (typeof data === 'string' && isIPv4(data) && data !== '0.0.0.0' ? data : undefined),
  AAAA: (data) => (typeof data === 'string' && isIPv6(data) && data !== '::' ? data : undefined),
  SRV: parseSrv,
};

function parseData<T extends RecordType>(type: T, data: unknown): RecordData[T][] {
  const parsed = parsers[type](data);
  return parsed === undefined ? [] : [parsed];
}

/** Undefined for a target of "." (RFC 2782: no such service), and for what `whyLeftOut` tells. */
function parseSrv(data: unknown): SrvRecord | undefined {
  const { target, port } = destinationOf(data);
  if (!isHostName(target) || port === 0) return undefined;
  return {
    target,
    port,
    priority: numberIn(data, 'priority') ?? 0,
    weight: numberIn(data, 'weight') ?? 0,
  };
}

function whyLeftOut(data: unknown): readonly LeftOut[] {
  const { target, port } = destinationOf(data);
  const reason = whyUnusable(target, port);
  return target === '' || reason === undefined ? [] : [{ target: `${target}:${port}`, reason }];
}

function whyUnusable(target: string, port: number): string | undefined {
  if (isIP(target) !== 0) return 'its target is an address (write an SRV record with a host name)';
  if (!isHostName(target)) return 'its target is no host name';
  return port === 0 ? 'its port is 0' : undefined;
}

function destinationOf(data: unknown): { readonly target: string; readonly port: number } {
  const target = canonicalName(stringIn(data, 'target') ?? '');
  return { target, port: numberIn(data, 'port') ?? 0 };
}

function stringIn(data: unknown, key: string): string | undefined {
  const value = fieldOf(data, key);
  return typeof value === 'string' ? value : undefined;
}

function numberIn(data: unknown, key: string): number | undefined {
  const value = fieldOf(data, key);
  return typeof value === 'number' ? value : undefined;
}

function fieldOf(data: unknown, key: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
}
