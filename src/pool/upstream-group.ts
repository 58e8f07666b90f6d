import { isIP } from 'node:net';

import { formatAddress, type Address } from '../model/address.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Clock, TrackedHost } from '../model/ports.js';
import { Upstream, type Shared } from './upstream.js';

/**
 * The upstreams of one endpoint: a single one, or one for each address of its name, which share the
 * endpoint's weight and its limit. Who they are follows from the endpoint and its addresses. Only
 * `Members` changes it.
 */
export class UpstreamGroup implements Shared {
  readonly key: string;
  readonly #clock: Clock;
  #endpoint: Endpoint;
  #members: readonly Upstream[] = [];
  #leaving: readonly Upstream[] = [];
  #host: TrackedHost | undefined;
  #isEndpoint = true;

  constructor(endpoint: Endpoint, clock: Clock) {
    this.key = endpointKey(endpoint);
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#members = this.#targets().map((target) => new Upstream(this, target, clock));
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** In the order of their addresses; one without an address while the name has never resolved. */
  get members(): readonly Upstream[] {
    return this.#members;
  }

  /** No longer members, and not closed yet. */
  get leaving(): readonly Upstream[] {
    return this.#leaving;
  }

  get load(): number {
    return this.#members.reduce((sum, { load }) => sum + load, 0);
  }

  get name(): string | undefined {
    const { address } = this.#endpoint;
    return address.kind === 'tcp' && isIP(address.host) === 0 ? address.host : undefined;
  }

  get isResolving(): boolean {
    return this.name !== undefined && this.#host?.settled !== true;
  }

  get resolveError(): string | undefined {
    return this.#host?.error;
  }

  get isFollowed(): boolean {
    return this.#host !== undefined;
  }

  /** Where the addresses of its name come from; closed by `release`. */
  follow(host: TrackedHost): void {
    this.#host = host;
  }

  release(): void {
    this.#host?.close();
    this.#host = undefined;
  }

  /**
   * Makes its members those of the endpoint's addresses as they are known now; undefined: it is no
   * endpoint any more, and all leave. An address that comes back before its upstream has closed has
   * that upstream again.
   */
  arrange(endpoint: Endpoint | undefined): Arranged {
    const { name } = this;
    this.#endpoint = endpoint ?? this.#endpoint;
    if (this.name !== name) this.release(); // a final dot has come or gone
    this.#isEndpoint = endpoint !== undefined;
    if (endpoint && this.name === undefined && this.#members[0]) return nothing;
    const targets = endpoint ? this.#targets() : [];
    const before = [...this.#members, ...this.#leaving].filter(
      ({ state }) => state.kind !== 'closed',
    );
    const created: Upstream[] = [];
    const members = targets.map((target) => {
      const known = before.find(({ address }) => isSame(address, target));
      if (known) return known;
      const upstream = new Upstream(this, target, this.#clock);
      created.push(upstream);
      return upstream;
    });
    const removed = this.#members.filter((upstream) => !members.includes(upstream));
    this.#members = members;
    this.#leaving = before.filter((upstream) => !members.includes(upstream));
    return { created, removed };
  }

  whyDraining(upstream: Upstream): string {
    if (this.#members.includes(upstream))
      return this.#endpoint.byHand ? 'drained by hand' : 'asked to drain';
    return this.#isEndpoint ? 'its name has other addresses now' : 'no longer an endpoint';
  }

  /** It has closed. */
  forget(upstream: Upstream): void {
    this.#leaving = this.#leaving.filter((one) => one !== upstream);
  }

  #targets(): readonly (Address | undefined)[] {
    const { address } = this.#endpoint;
    if (address.kind === 'unix' || this.name === undefined) return [address];
    const hosts = this.#host?.addresses ?? [];
    const known = this.#members.map((member) => member.address);
    if (hosts.length === 0) return known.length > 0 ? known : [undefined]; // an empty answer takes nothing away
    return hosts.map((host) => ({ kind: 'tcp', host, port: address.port }));
  }
}

const nothing: Arranged = { created: [], removed: [] };

/** What has changed in a group. */
export interface Arranged {
  readonly created: readonly Upstream[];
  /** No longer members. */
  readonly removed: readonly Upstream[];
}

function isSame(a: Address | undefined, b: Address | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && formatAddress(a) === formatAddress(b));
}
