import { isDeepStrictEqual } from 'node:util';

import { formatAddress, type Address } from '../model/address.js';
import { viewKey } from '../model/config-view.js';
import type { DesiredGateway, DesiredState } from '../model/desired-state.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { EndpointChanges, GatewayUpdate, Plan } from '../model/plan.js';

/** What must change for `current` to become `desired`; undefined: nothing runs yet. Pure. */
export function diff(current: DesiredState | undefined, desired: DesiredState): Plan {
  const before: DesiredState['gateways'] = current?.gateways ?? new Map<string, DesiredGateway>();
  const added: DesiredGateway[] = [];
  const updated: GatewayUpdate[] = [];
  for (const gateway of desired.gateways.values()) {
    const old = before.get(gateway.name);
    if (!old) added.push(gateway);
    else if (old !== gateway) updated.push(...diffGateway(old, gateway));
  }
  const removed = [...before.keys()].filter((name) => !desired.gateways.has(name));
  return { added, removed, updated, process: changedKeys(current?.process, desired.process) };
}

export function isEmpty(plan: Plan): boolean {
  const { added, removed, updated, process } = plan;
  return added.length + removed.length + updated.length + process.length === 0;
}

/** One update, or none where both say the same. */
function diffGateway(before: DesiredGateway, after: DesiredGateway): GatewayUpdate[] {
  const update: GatewayUpdate = {
    name: after.name,
    listeners: diffListeners(before.listen, after.listen),
    endpoints: diffEndpoints(before.endpoints, after.endpoints),
    settings: [
      ...changedKeys(before.settings, after.settings).map(viewKey),
      ...changedKeys(before.discovery, after.discovery).map((key) => `${key}-discovery`),
    ],
  };
  return isNothing(update) ? [] : [update];
}

function isNothing({ listeners, endpoints, settings }: GatewayUpdate): boolean {
  const lists = [listeners.added, listeners.removed, settings];
  const { added, removed, updated, reordered } = endpoints;
  return !reordered && [...lists, added, removed, updated].every((list) => list.length === 0);
}

function diffListeners(
  before: readonly Address[],
  after: readonly Address[],
): GatewayUpdate['listeners'] {
  const beforeKeys = new Set(before.map(formatAddress));
  const afterKeys = new Set(after.map(formatAddress));
  return {
    added: after.filter((address) => !beforeKeys.has(formatAddress(address))),
    removed: before.filter((address) => !afterKeys.has(formatAddress(address))),
  };
}

/** Once through each list: there may be thousands. */
function diffEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): EndpointChanges {
  const left = new Map<string, Ranked>();
  for (const [rank, endpoint] of before.entries()) {
    left.set(endpointKey(endpoint), { endpoint, rank });
  }
  const added: Endpoint[] = [];
  const updated: Endpoint[] = [];
  let highestRank = -1;
  let reordered = false;
  for (const endpoint of after) {
    const key = endpointKey(endpoint);
    const same = left.get(key);
    if (!same) {
      added.push(endpoint);
      continue;
    }
    left.delete(key);
    if (!isSameEndpoint(same.endpoint, endpoint)) updated.push(endpoint);
    if (same.rank < highestRank) reordered = true;
    highestRank = same.rank;
  }
  const removed = Array.from(left.values(), ({ endpoint }) => endpoint);
  return { added, removed, updated, reordered };
}

/** An endpoint and its place in the rotation. */
interface Ranked {
  readonly endpoint: Endpoint;
  readonly rank: number;
}

/** Endpoints of one key. A final dot that comes or goes has the name looked up in another way. */
function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    formatAddress(a.address) === formatAddress(b.address) &&
    a.weight === b.weight &&
    a.priority === b.priority &&
    a.maxSessions === b.maxSessions &&
    a.drain === b.drain
  );
}

function changedKeys<T extends object>(before: T | undefined, after: T): (keyof T & string)[] {
  if (!before) return [];
  const keys = Object.keys(after) as (keyof T & string)[];
  return keys.filter((key) => !isDeepStrictEqual(before[key], after[key]));
}
