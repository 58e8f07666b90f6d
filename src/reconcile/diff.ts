import { isDeepStrictEqual } from 'node:util';

import { formatAddress, type Address } from '../model/address.js';
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
      ...changedKeys(before.settings, after.settings).map(fileSpelling),
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

function diffEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): EndpointChanges {
  const old = new Map(before.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const kept = new Set(after.map(endpointKey));
  const added: Endpoint[] = [];
  const updated: Endpoint[] = [];
  for (const endpoint of after) {
    const same = old.get(endpointKey(endpoint));
    if (!same) added.push(endpoint);
    else if (!isSameEndpoint(same, endpoint)) updated.push(endpoint);
  }
  return {
    added,
    removed: before.filter((endpoint) => !kept.has(endpointKey(endpoint))),
    updated,
    reordered: isReordered(before, after),
  };
}

/** Endpoints of one key; there may be thousands. */
function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.weight === b.weight &&
    a.priority === b.priority &&
    a.maxSessions === b.maxSessions &&
    a.drain === b.drain
  );
}

/** Whether those that stay stand in another order than before. */
function isReordered(before: readonly Endpoint[], after: readonly Endpoint[]): boolean {
  const rank = new Map(before.map((endpoint, index) => [endpointKey(endpoint), index]));
  let highest = -1;
  for (const endpoint of after) {
    const index = rank.get(endpointKey(endpoint));
    if (index === undefined) continue;
    if (index < highest) return true;
    highest = index;
  }
  return false;
}

/** `retryDelayMs` is `retry-delay` in the file. */
function fileSpelling(setting: string): string {
  return setting.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function changedKeys<T extends object>(before: T | undefined, after: T): (keyof T & string)[] {
  if (!before) return [];
  const keys = Object.keys(after) as (keyof T & string)[];
  return keys.filter((key) => !isDeepStrictEqual(before[key], after[key]));
}
