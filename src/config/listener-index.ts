import { isIPv6 } from 'node:net';

import {
  boundHosts,
  isLoopbackHost,
  withoutFinalDot,
  type Address,
  type TcpAddress,
} from '../model/address.js';

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
    else for (const host of hostsOf(address)) this.#addPort(host, address.port, owner);
    return undefined;
  }

  /** Whoever cannot listen beside `address`. */
  holder(address: Address): Owner | undefined {
    if (address.kind === 'unix') return this.#paths.get(address.path);
    const bucket = this.#ports.get(address.port);
    return bucket && firstOf(hostsOf(address), (host) => holderIn(bucket, host));
  }

  /** Whoever a connection to `address` from this machine would surely reach. */
  reachedBy(address: Address): Owner | undefined {
    if (address.kind === 'unix') return this.#paths.get(address.path);
    const bucket = this.#ports.get(address.port);
    return bucket && firstOf(hostsOf(address), (host) => takerIn(bucket, host));
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
function hostsOf({ host }: TcpAddress): readonly string[] {
  return boundHosts(withoutFinalDot(host)).map((one) => one.replace(/^::ffff:(?=\d+\.)/i, ''));
}

function firstOf<Owner>(
  hosts: readonly string[],
  ownerOf: (host: string) => Owner | undefined,
): Owner | undefined {
  for (const host of hosts) {
    const owner = ownerOf(host);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function holderIn<Owner>(bucket: Bucket<Owner>, host: string): Owner | undefined {
  if (host === '' || host === '::') return bucket.any;
  if (host === '0.0.0.0') return bucket.anyIPv4;
  return bucket.hosts.get(host) ?? wildcard(bucket, host);
}

function takerIn<Owner>(bucket: Bucket<Owner>, host: string): Owner | undefined {
  return bucket.hosts.get(host) ?? (isLoopbackHost(host) ? wildcard(bucket, host) : undefined);
}

/** The listener on all interfaces that takes what is sent to `host`. */
function wildcard<Owner>({ hosts }: Bucket<Owner>, host: string): Owner | undefined {
  const everywhere = hosts.get('') ?? hosts.get('::');
  return everywhere ?? (isIPv6(host) ? undefined : hosts.get('0.0.0.0'));
}
