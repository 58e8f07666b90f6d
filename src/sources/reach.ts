import { isIP } from 'node:net';

import { connectPeer, endInOrder } from '../etcd/connect.js';
import { explainFailure } from '../etcd/explain.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import type { Address } from '../model/address.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import { whyNotFromAfar } from '../model/local-addresses.js';
import { errorMessage, GatewayError } from '../model/errors.js';
import type { Clock, HostAddresses, Random } from '../model/ports.js';
import { Slots } from '../model/slots.js';

/**
 * Connects to a literal address and ends the connection.
 * @throws why it does not connect, also where the address is one of this program's own.
 */
export type DialOnce = (address: Address, signal: AbortSignal) => Promise<void>;

/** Whether a literal address is one of this program's own: nobody there may be asked. */
export type IsSelf = (address: Address) => boolean;

/** The production dial. */
export function createDialOnce(clock: Clock, isSelf: IsSelf): DialOnce {
  return async (address, signal) => {
    if (isSelf(address)) throw itself();
    const socket = await connectPeer({ address, host: '' }, undefined, signal);
    void endInOrder(socket, clock, signal);
  };
}

/** What is thrown for an address of this program's own. */
export function itself(): GatewayError {
  return new GatewayError('this is the gateway itself', { code: 'itself', side: 'endpoint' });
}

export interface ReachDeps {
  /** Where a name is followed already, its last good addresses count. */
  readonly hosts: HostAddresses;
  readonly clock: Clock;
  readonly random: Random;
  readonly dialOnce: DialOnce;
}

/** For the look-up of an endpoint's name and the connection. */
const timeLimitMs = 3_000;
const mostAtOnce = 16;
/** Bound one attempt. Where there are more, each attempt begins at another one. */
const mostTried = 64;
const mostAddresses = 8;
const mostReasons = 3;

/**
 * Tries endpoints until one takes a connection. Resolves with why none does; undefined: one has.
 * Never rejects.
 */
export async function whyUnreachable(
  endpoints: readonly Endpoint[],
  deps: ReachDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const done = new AbortController();
  const slots = new Slots(mostAtOnce);
  const either = AbortSignal.any([signal, done.signal]);
  const tries = someOf(endpoints, deps.random).map((endpoint) =>
    slots.run(() => tryOne(endpoint, deps, either)),
  );
  try {
    await Promise.any(tries);
    return undefined;
  } catch (error) {
    const reasons = ((error as AggregateError).errors as unknown[]).map(errorMessage).sort();
    return reasons.slice(0, mostReasons).join('; ');
  } finally {
    done.abort();
  }
}

async function tryOne(
  endpoint: Endpoint,
  { hosts, clock, dialOnce }: ReachDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    await withTimeLimit(clock, timeLimitMs, signal, async (limited) => {
      const addresses = await literals(endpoint, hosts, limited);
      await Promise.any(addresses.map((address) => dialOnce(address, limited)));
    });
  } catch (error) {
    const cause = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
    const reason = `${endpointKey(endpoint)}: ${explainFailure(cause, false)}`;
    throw new GatewayError(reason, { code: 'unreachable', side: 'endpoint', cause });
  }
}

async function literals(
  endpoint: Endpoint,
  hosts: HostAddresses,
  signal: AbortSignal,
): Promise<readonly Address[]> {
  const { address } = endpoint;
  if (address.kind === 'unix' || isIP(address.host) !== 0) return [address];
  const found = allowedAddresses(endpoint, await addressesOf(address.host, hosts, signal));
  if (found.problem !== undefined) throw misleading(found.problem);
  return found.allowed.slice(0, mostAddresses).map((host) => ({ ...address, host }));
}

/** Which of a name's addresses its endpoint may lead to; `problem`: none of them, and why. */
export function allowedAddresses(
  { isFromAfar = false }: Endpoint,
  addresses: readonly string[],
): { readonly allowed: readonly string[]; readonly problem?: string } {
  if (!isFromAfar) return { allowed: addresses };
  const allowed = addresses.filter((address) => whyNotFromAfar(address) === undefined);
  const [first] = addresses;
  if (allowed.length > 0 || first === undefined) return { allowed };
  const problem = `its name leads to this machine: ${whyNotFromAfar(first) ?? ''}, and a discovery elsewhere has named it`;
  return { allowed, problem };
}

export function misleading(problem: string): GatewayError {
  return new GatewayError(problem, { code: 'misleading', side: 'endpoint' });
}

/** @throws GatewayError where the name has none, or the signal's reason. */
function addressesOf(
  host: string,
  hosts: HostAddresses,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { addresses, settled, error = 'the name has no address' } = tracked;
      if (addresses.length === 0 && !settled) return;
      end();
      if (addresses.length > 0) resolve(addresses);
      else reject(new GatewayError(error, { code: 'no-address', side: 'dns' }));
    };
    const giveUp = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const end = (): void => {
      signal.removeEventListener('abort', giveUp);
      tracked.close();
    };
    signal.addEventListener('abort', giveUp);
    const tracked = hosts.track(host, look);
    look();
  });
}

function someOf(endpoints: readonly Endpoint[], random: Random): readonly Endpoint[] {
  if (endpoints.length <= mostTried) return endpoints;
  const first = Math.floor(random() * endpoints.length);
  return [...endpoints.slice(first), ...endpoints.slice(0, first)].slice(0, mostTried);
}
