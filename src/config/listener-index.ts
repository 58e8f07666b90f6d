import { isIPv6 } from 'node:net';

import { isLoopbackHost, type Address } from '../model/address.js';

/** Listeners of one port. `Owner` names who listens. */
interface Bucket<Owner> {
  readonly hosts: Map<string, Owner>;
  any?: Owner;
  anyIPv4?: Owner;
}

/** Finds out who would take what, in constant time for any number of listeners. */
export class ListenerIndex<Owner> {
  readonly #ports = new Map<number, Bucket<Owner>>();
  readonly #paths = new Map<string, Owner>();

  /** Takes the address unless another has it, or covers it, already: then returns that one. */
  add(address: Address, owner: Owner): Owner | undefined {
    const other = this.holder(address);
    if (other !== undefined) return other;
    if (address.kind === 'unix') this.#paths.set(address.path, owner);
    else this.#addPort(canonical(address.host), address.port, owner);
    return undefined;
  }

  /** Whoever cannot listen beside `address`. */
  holder(address: Address): Owner | undefined {
    if (address.kind === 'unix') return this.#paths.get(address.path);
    const host = canonical(address.host);
    const bucket = this.#ports.get(address.port);
    if (bucket === undefined) return undefined;
    if (host === '' || host === '::') return bucket.any;
    if (host === '0.0.0.0') return bucket.anyIPv4;
    return bucket.hosts.get(host) ?? wildcard(bucket, host);
  }

  /** Whoever a connection to `address` from this machine would surely reach. */
  reachedBy(address: Address): Owner | undefined {
    if (address.kind === 'unix') return this.#paths.get(address.path);
    const bucket = this.#ports.get(address.port);
    if (bucket === undefined) return undefined;
    const host = canonical(address.host);
    const exact = bucket.hosts.get(host);
    return exact !== undefined || !isLoopbackHost(host) ? exact : wildcard(bucket, host);
  }

  #addPort(host: string, port: number, owner: Owner): void {
    const bucket = this.#ports.get(port) ?? { hosts: new Map<string, Owner>() };
    this.#ports.set(port, bucket);
    bucket.hosts.set(host, owner);
    bucket.any ??= owner;
    if (!isIPv6(host) || host === '::') bucket.anyIPv4 ??= owner;
  }
}

/** One name for what leads to one place; an IPv4-mapped address is IPv4 on the wire. */
function canonical(host: string): string {
  if (/^localhost\.?$/i.test(host)) return '127.0.0.1';
  return host.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The listener on all interfaces that takes what is sent to `host`. */
function wildcard<Owner>({ hosts }: Bucket<Owner>, host: string): Owner | undefined {
  const everywhere = hosts.get('') ?? hosts.get('::');
  return everywhere ?? (isIPv6(host) ? undefined : hosts.get('0.0.0.0'));
}
