import type { Answer, LeftOut, SrvRecord } from '../dns/answer.js';
import type { DnsClient, QueryOptions } from '../dns/client.js';
import { searchFor } from '../dns/search.js';
import type { SrvDiscoverySettings } from '../model/config.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import { errorMessage, GatewayError } from '../model/errors.js';
import { srvNames, type SrvName } from './srv-names.js';

/** What the names of a discovery have, together. At least one endpoint. */
export interface SrvAnswer {
  readonly endpoints: readonly Endpoint[];
  readonly ttlMs: number;
  /** What the answer names beside them. */
  readonly leftOut: readonly LeftOut[];
  /** Where the search has found the first of them: the domain that was asked for, or that one below another. */
  readonly domain: string;
}

interface SrvFailureOptions {
  readonly negativeTtlMs?: number | undefined;
  readonly leftOut?: readonly LeftOut[];
  readonly cause?: unknown;
}

/** There is no endpoint to be had. `negativeTtlMs`: how long the authority says that this holds. */
export class SrvFailure extends GatewayError {
  readonly negativeTtlMs: number | undefined;
  /** What there is, but cannot be used. */
  readonly leftOut: readonly LeftOut[];

  constructor(reason: string, { negativeTtlMs, leftOut = [], cause }: SrvFailureOptions = {}) {
    super(reason, { code: 'SRV_FAILED', side: 'dns', cause });
    this.name = 'SrvFailure';
    this.negativeTtlMs = negativeTtlMs;
    this.leftOut = leftOut;
  }
}

/** Far more than an etcd cluster has: whoever answers for the DNS must not have us dial thousands. */
const mostTargets = 128;

export type SrvClient = Pick<DnsClient, 'query' | 'namesOf'>;

/** Asks for all names of one discovery, and remembers which of them have answered before. */
export class SrvLookup {
  readonly #client: SrvClient;
  readonly #names: readonly SrvName[];
  /** By name, of those that have answered: the absolute name that had the records. */
  readonly #found = new Map<string, string>();

  constructor(client: SrvClient, settings: SrvDiscoverySettings) {
    this.#client = client;
    this.#names = srvNames(settings);
  }

  /**
   * The complete set, secure names first, each sorted, so that a server's rotation changes nothing.
   * @throws SrvFailure where no name has a usable record, or one that has answered cannot be asked now.
   */
  async lookup(options: QueryOptions): Promise<SrvAnswer> {
    const outcomes = await Promise.allSettled(this.#names.map((name) => this.#ask(name, options)));
    this.#refuseGap(outcomes);
    const answers = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const ttlMs = leastTtlMs(answers);
    const named = withoutDuplicates(answers.flatMap(endpointsOf));
    const endpoints = named.slice(0, mostTargets);
    const leftOut = [
      ...answers.flatMap((answer) => answer.leftOut ?? []),
      ...named.slice(mostTargets).map((endpoint) => ({
        target: endpointKey(endpoint),
        reason: `the answer names more than ${mostTargets} targets`,
      })),
    ];
    if (endpoints.length === 0) {
      throw new SrvFailure(this.#reasonOf(outcomes), { negativeTtlMs: ttlMs, leftOut });
    }
    return { endpoints, ttlMs: ttlMs ?? 0, leftOut, domain: this.#domain };
  }

  async #ask({ name }: SrvName, options: QueryOptions): Promise<Answer<SrvRecord>> {
    const names = await this.#client.namesOf(name);
    const before = this.#found.get(name);
    const ask = async (absolute: string): Promise<[string, Answer<SrvRecord>]> => {
      try {
        return [absolute, await this.#client.query(absolute, 'SRV', options)];
      } catch (error) {
        // another name's records must not take the place of those that cannot be asked for now
        throw absolute === before ? new SrvFailure(errorMessage(error), { cause: error }) : error;
      }
    };
    const [found, answer] = await searchFor(names, ask, ([, { kind }]) => kind === 'records');
    if (answer.kind === 'records') this.#found.set(name, found);
    else this.#found.delete(name);
    return answer;
  }

  get #domain(): string {
    const [first] = this.#names.flatMap(({ name, service }) => {
      const found = this.#found.get(name);
      return found === undefined ? [] : [found.slice(service.length + 1)];
    });
    return first ?? '';
  }

  /** Half an answer would take endpoints out that nobody has removed. */
  #refuseGap(outcomes: readonly Outcome[]): void {
    this.#names.forEach(({ name }, index) => {
      const outcome = outcomes[index];
      if (outcome?.status === 'rejected' && this.#found.has(name)) {
        throw new SrvFailure(reasonOf(name, outcome), { cause: outcome.reason });
      }
    });
  }

  #reasonOf(outcomes: readonly Outcome[]): string {
    return this.#names
      .flatMap(({ name }, index) => {
        const outcome = outcomes[index];
        return outcome ? [reasonOf(name, outcome)] : [];
      })
      .join('; ');
  }
}

type Outcome = PromiseSettledResult<Answer<SrvRecord>>;

function reasonOf(name: string, outcome: Outcome): string {
  if (outcome.status === 'rejected') return `${name}: ${errorMessage(outcome.reason)}`;
  if (outcome.value.kind === 'records') return `${name}: no usable record`;
  return outcome.value.reason === 'nxdomain'
    ? `${name}: the name does not exist (NXDOMAIN)`
    : `${name}: no usable SRV record`;
}

function endpointsOf(answer: Answer<SrvRecord>): Endpoint[] {
  if (answer.kind === 'none') return [];
  return [...answer.records].sort(byPreference).map(({ target, port, priority, weight }) => ({
    address: { kind: 'tcp', host: target, port },
    priority,
    weight,
    maxSessions: 0,
    drain: false,
    ...(answer.isFromAfar && { isFromAfar: true }),
  }));
}

function byPreference(a: SrvRecord, b: SrvRecord): number {
  return a.priority - b.priority || compareText(a.target, b.target) || a.port - b.port;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function withoutDuplicates(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const key = endpointKey(endpoint);
    if (!byAddress.has(key)) byAddress.set(key, endpoint);
  }
  return [...byAddress.values()];
}

function leastTtlMs(answers: readonly Answer<SrvRecord>[]): number | undefined {
  const ttls = answers.flatMap(({ ttlMs }) => (ttlMs === undefined ? [] : [ttlMs]));
  return ttls.length > 0 ? Math.min(...ttls) : undefined;
}
