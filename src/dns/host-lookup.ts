import { isIP, isIPv4 } from 'node:net';
import type { DnsSettings } from '../model/config.js';
import type { Clock, Timer } from '../model/ports.js';
import type { Answer } from './answer.js';
import type { DnsClient, QueryOptions } from './client.js';
import { DnsError } from './errors.js';
import type { HostsFile } from './hosts-file.js';
import { searchFor } from './search.js';
import type { SystemLookup } from './system-lookup.js';
import { canonicalName } from './wire.js';

/** Addresses of one family: an answer, `none`, or `unknown` because nobody could say. */
export type Family =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** At least one family has addresses. */
export interface HostAnswer {
  readonly ipv4: Family;
  readonly ipv6: Family;
  readonly ttlMs: number;
}

export interface HostLookupDeps {
  readonly client: Pick<DnsClient, 'query' | 'namesOf'>;
  readonly hostsFile: Pick<HostsFile, 'addressesOf'>;
  readonly system: Pick<SystemLookup, 'addressesOf'>;
  readonly clock: Clock;
}

/** No address for the name. `negativeTtlMs`: how long that holds, where the authority said so. */
export class HostUnresolved extends DnsError {
  readonly negativeTtlMs: number | undefined;

  constructor(reason: string, negativeTtlMs?: number, cause?: unknown) {
    super('no-address', reason, cause);
    this.name = 'HostUnresolved';
    this.negativeTtlMs = negativeTtlMs;
  }
}

/** The system's resolver gives no TTL. */
const systemTtlMs = 30_000;
/** A file is cheap to look at: as often as the settings allow. */
const hostsFileTtlMs = 0;
/** Once a family has answered, the other has so long: dials need not wait for it. */
const otherFamilyMs = 1_000;
const loopback = ['127.0.0.1', '::1'];

/** Looks one host name up, in the order a system would: literals, hosts file, DNS, then the system. */
export class HostLookup {
  readonly #deps: HostLookupDeps;

  constructor(deps: HostLookupDeps) {
    this.#deps = deps;
  }

  /** @throws DnsError where no address was found; the message says why. */
  async lookup(host: string, settings: DnsSettings, signal: AbortSignal): Promise<HostAnswer> {
    if (isIP(host) !== 0) return answerOf([host], Infinity);
    const listed = await this.#deps.hostsFile.addressesOf(host);
    if (listed.length > 0) return answerOf(listed, hostsFileTtlMs);
    if (isLocalhost(host)) return answerOf(loopback, Infinity);
    const options = { settings, signal };
    try {
      return await this.#search(host, options);
    } catch (error) {
      const isFinal = settings.servers.length > 0 || signal.aborted || !(error instanceof DnsError);
      const answer = isFinal ? undefined : await this.#asSystem(host, options);
      if (answer) return answer;
      throw error;
    }
  }

  async #search(host: string, options: QueryOptions): Promise<HostAnswer> {
    const names = await this.#deps.client.namesOf(host);
    return searchFor(
      names,
      (name) => this.#overWire(name, options),
      () => true,
    );
  }

  /** nsswitch.conf's other sources are the system's business. Undefined: none of them knows the name. */
  async #asSystem(
    host: string,
    { settings, signal }: QueryOptions,
  ): Promise<HostAnswer | undefined> {
    try {
      const found = await this.#deps.system.addressesOf(host, 2 * settings.timeoutMs, signal);
      return answerOf(found, systemTtlMs);
    } catch (error) {
      if (error instanceof DnsError) return undefined;
      throw error;
    }
  }

  /** A and AAAA (RFC 1035, RFC 3596). Once one has addresses, the other has a moment left. */
  async #overWire(host: string, options: QueryOptions): Promise<HostAnswer> {
    const enough = new AbortController();
    const { signal } = enough;
    const giveUp = (): void => enough.abort(options.signal.reason);
    if (options.signal.aborted) giveUp();
    options.signal.addEventListener('abort', giveUp);
    let lastCall: Timer | undefined;
    const ask = async (type: 'A' | 'AAAA'): Promise<Answer<string>> => {
      const answer = await this.#deps.client.query(host, type, { ...options, signal });
      if (answer.kind === 'records') {
        lastCall ??= this.#deps.clock.setTimer(otherFamilyMs, () => enough.abort());
      }
      return answer;
    };
    const [ipv4, ipv6] = await Promise.allSettled([ask('A'), ask('AAAA')]);
    lastCall?.cancel();
    options.signal.removeEventListener('abort', giveUp);
    return combined(ipv4, ipv6);
  }
}

type Outcome = PromiseSettledResult<Answer<string>>;

function combined(ipv4: Outcome, ipv6: Outcome): HostAnswer {
  const answers = [ipv4, ipv6].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const ttlMs = leastTtlMs(answers);
  if (answers.some(({ kind }) => kind === 'records')) {
    return { ipv4: familyOf(ipv4), ipv6: familyOf(ipv6), ttlMs: ttlMs ?? 0 };
  }
  for (const outcome of [ipv4, ipv6]) if (outcome.status === 'rejected') throw failureOf(outcome);
  throw new HostUnresolved(negativeReason(answers), ttlMs);
}

function failureOf({ reason }: PromiseRejectedResult): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function negativeReason(answers: readonly Answer<string>[]): string {
  return answers.some((answer) => answer.kind === 'none' && answer.reason === 'nxdomain')
    ? 'the name does not exist (NXDOMAIN)'
    : 'the name has no address';
}

function leastTtlMs(answers: readonly Answer<string>[]): number | undefined {
  const ttls = answers.flatMap(({ ttlMs }) => (ttlMs === undefined ? [] : [ttlMs]));
  return ttls.length > 0 ? Math.min(...ttls) : undefined;
}

function familyOf(outcome: Outcome): Family {
  if (outcome.status === 'rejected') return { kind: 'unknown' };
  if (outcome.value.kind === 'none') return { kind: 'none' };
  return { kind: 'addresses', addresses: outcome.value.records };
}

function answerOf(addresses: readonly string[], ttlMs: number): HostAnswer {
  if (addresses.length === 0) throw new HostUnresolved('the system knows no address');
  const of = (found: readonly string[]): Family =>
    found.length > 0 ? { kind: 'addresses', addresses: [...new Set(found)] } : { kind: 'none' };
  return {
    ipv4: of(addresses.filter((address) => isIPv4(address))),
    ipv6: of(addresses.filter((address) => !isIPv4(address))),
    ttlMs,
  };
}

/** RFC 6761, section 6.3: such names never leave the machine. */
function isLocalhost(host: string): boolean {
  const name = canonicalName(host);
  return name === 'localhost' || name.endsWith('.localhost');
}
