import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

import { cleanText } from '../etcd/explain.js';
import {
  isWildcardHost,
  parseEndpointAddress,
  type Address,
  type Parsed,
} from '../model/address.js';
import { isLinkLocal, isLoopback, isUnspecified } from '../model/local-addresses.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import { quote, withoutUser } from '../model/quote.js';
import { formatId, type Member } from './members-answer.js';

export interface Choice {
  readonly endpoints: readonly Endpoint[];
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly target: string;
  readonly reason: string;
}

/** What the members' URLs are held against. */
export interface Terms {
  /** How the list was asked for: clients speak to the cluster in the same way. */
  readonly scheme: 'http' | 'https';
  readonly seeds: readonly Endpoint[];
  /** A seed with an address in place of its name, if that is resolved. */
  readonly located?: (seed: Endpoint) => Endpoint;
}

/**
 * One endpoint for each started voting member: the first of its client URLs that can be used.
 * Members without a usable one are refused, the others of their URLs pass unmentioned.
 */
export function chooseEndpoints(members: readonly Member[], terms: Terms): Choice {
  const { seeds, located = (seed: Endpoint) => seed } = terms;
  const localIsFine = seeds.length > 0 && seeds.map(located).every(isLocalSeed);
  const known = new Set(seeds.filter(({ isFromAfar }) => !isFromAfar).map(endpointKey));
  const endpoints = new Map<string, Endpoint>();
  const refused: Refusal[] = [];
  for (const member of members.filter(isServing)) {
    const readings = member.clientUrls.map((url) => readUrl(url, terms.scheme, localIsFine));
    const usable = readings.find((reading) => reading.ok);
    if (usable) put(endpoints, endpointAt(usable.value, localIsFine, known));
    else refused.push(refusal(member, readings));
  }
  return { endpoints: [...endpoints.values()], refused };
}

/** Whether two answers mean the same; the first may be missing. */
export function sameEndpoints(a: readonly Endpoint[] | undefined, b: readonly Endpoint[]): boolean {
  return isDeepStrictEqual(a, b);
}

/** A learner serves no linearizable reads and no writes; a member without URLs has not started. */
function isServing({ isLearner, clientUrls }: Member): boolean {
  return !isLearner && clientUrls.length > 0;
}

/** Shares are equal, since members are. */
function endpointAt(address: Address, localIsFine: boolean, known: ReadonlySet<string>): Endpoint {
  const plain = { address, weight: 1, priority: 0, maxSessions: 0, drain: false };
  const isName = address.kind === 'tcp' && isIP(address.host) === 0;
  const isFromAfar = isName && !localIsFine && !known.has(endpointKey(plain));
  return isFromAfar ? { ...plain, isFromAfar } : plain;
}

function readUrl(url: string, scheme: Terms['scheme'], localIsFine: boolean): Parsed<Address> {
  const match = /^([a-z]+):\/\/([^/]*)\/?$/i.exec(url);
  if (!match) return problem(url, 'is not a client URL', 'scheme://host:port');
  if (match[1]?.toLowerCase() !== scheme) {
    return problem(url, `is not ${scheme}, as the cluster is asked`, 'see member-discovery.tls');
  }
  const parsed = parseEndpointAddress(match[2] ?? '');
  if (!parsed.ok) return parsed;
  const unreachable = whyUnreachable(parsed.value, localIsFine);
  return unreachable ? problem(url, unreachable, 'see --advertise-client-urls') : parsed;
}

/** Addresses that mean another machine, or none, when read elsewhere than on the member's host. */
function whyUnreachable(address: Address, localIsFine: boolean): string | undefined {
  if (address.kind === 'unix') return 'is a unix socket';
  const { host } = address;
  if (isWildcardHost(host) || isUnspecified(host)) return 'is a wildcard address';
  if (localIsFine) return undefined;
  if (isLoopback(host)) return 'is a loopback address, and the seeds are not';
  return isLinkLocal(host) ? 'is a link-local address' : undefined;
}

function isLocalSeed({ address }: Endpoint): boolean {
  return address.kind === 'unix' || isLoopback(address.host);
}

function refusal(member: Member, readings: readonly Parsed<Address>[]): Refusal {
  const [first] = readings;
  const why = first && !first.ok ? `${first.problem} (${first.hint})` : 'no client URL';
  const who = cleanText(member.name) || formatId(member.id);
  return {
    target: cleanText(withoutUser(member.clientUrls[0] ?? '')),
    reason: `member ${who}: ${cleanText(why)}`,
  };
}

function problem(url: string, what: string, hint: string): Parsed<Address> {
  return { ok: false, problem: `${quote(url)} ${what}`, hint };
}

function put(endpoints: Map<string, Endpoint>, endpoint: Endpoint): void {
  const key = endpointKey(endpoint);
  if (!endpoints.has(key)) endpoints.set(key, endpoint);
}
