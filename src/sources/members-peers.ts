import { isIP } from 'node:net';

import type { Peer } from '../etcd/connect.js';
import type { Endpoint } from '../model/endpoint.js';
import { allowedAddresses, misleading } from './reach.js';
import { GatewayError } from '../model/errors.js';
import type { HostAddresses, Random, TrackedHost } from '../model/ports.js';

/** Addresses of the endpoints that may be asked; their names are resolved in the background. */
export class Peers {
  readonly #hosts: HostAddresses;
  readonly #random: Random;
  readonly #tracked = new Map<string, TrackedHost>();
  readonly #waiting = new Set<() => void>();

  constructor(hosts: HostAddresses, random: Random) {
    this.#hosts = hosts;
    this.#random = random;
  }

  /** Keeps the names of these endpoints resolved, and of no others. */
  follow(endpoints: readonly Endpoint[]): void {
    const names = new Set(endpoints.map(nameOf).filter((name) => name !== undefined));
    for (const [name, host] of this.#tracked) {
      if (names.has(name)) continue;
      host.close();
      this.#tracked.delete(name);
    }
    for (const name of names) {
      if (!this.#tracked.has(name)) this.#tracked.set(name, this.#hosts.track(name, this.#changed));
    }
  }

  /**
   * The endpoint with one of its addresses. Waits for a name's first answer.
   * @throws the signal's reason, or GatewayError when the name has no address.
   */
  async peer(endpoint: Endpoint, signal: AbortSignal): Promise<Peer> {
    const { address } = endpoint;
    if (address.kind === 'unix') return { address, host: '' };
    const { host } = address;
    if (isIP(host) !== 0) return { address, host };
    const tracked = this.#tracked.get(host);
    while (tracked && !tracked.settled && tracked.addresses.length === 0)
      await this.#change(signal);
    const { addresses = [], error = 'is not resolved' } = tracked ?? {};
    const { allowed, problem } = allowedAddresses(endpoint, addresses);
    if (problem !== undefined) throw misleading(problem);
    const literal = allowed[Math.floor(this.#random() * allowed.length)];
    if (literal === undefined) throw noAddress(error);
    return { address: { ...address, host: literal }, host };
  }

  /** The endpoint with an address in place of its name, if that is resolved. */
  located(endpoint: Endpoint): Endpoint {
    const name = nameOf(endpoint);
    const [host] = this.#tracked.get(name ?? '')?.addresses ?? [];
    const { address } = endpoint;
    if (host === undefined || address.kind === 'unix') return endpoint;
    return { ...endpoint, address: { ...address, host } };
  }

  /** Idempotent. */
  close(): void {
    this.follow([]);
    this.#changed();
  }

  readonly #changed = (): void => {
    for (const wake of [...this.#waiting]) wake();
  };

  #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', give);
        outcome();
      };
      const wake = settle(resolve);
      const give = settle(() => reject(signal.reason as Error));
      this.#waiting.add(wake);
      signal.addEventListener('abort', give);
    });
  }
}

function nameOf({ address }: Endpoint): string | undefined {
  return address.kind === 'tcp' && isIP(address.host) === 0 ? address.host : undefined;
}

function noAddress(error: string): GatewayError {
  return new GatewayError(`no address: ${error}`, {
    code: 'no-address',
    side: 'dns',
  });
}
