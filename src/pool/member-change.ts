import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Clock } from '../model/ports.js';
import { UpstreamGroup } from './upstream-group.js';

/** Another membership, built beside the one in force. Nothing refers to it, it can be dropped. */
export interface MemberChange {
  /** All of them, by endpoint, in their order. */
  readonly groups: ReadonlyMap<string, UpstreamGroup>;
  readonly created: readonly UpstreamGroup[];
  readonly kept: readonly Kept[];
  readonly removed: readonly UpstreamGroup[];
}

/** An endpoint that stays or comes back, with what it says now. */
export interface Kept {
  readonly group: UpstreamGroup;
  readonly endpoint: Endpoint;
}

/**
 * What makes these the endpoints, matched by key. One that comes back while its upstreams drain has
 * those upstreams again.
 */
export function planMembers(
  before: ReadonlyMap<string, UpstreamGroup>,
  leaving: ReadonlyMap<string, UpstreamGroup>,
  endpoints: readonly Endpoint[],
  clock: Clock,
): MemberChange {
  const groups = new Map<string, UpstreamGroup>();
  const created: UpstreamGroup[] = [];
  const kept: Kept[] = [];
  for (const endpoint of endpoints) {
    const key = endpointKey(endpoint);
    const known = before.get(key) ?? leaving.get(key);
    const group = known ?? new UpstreamGroup(endpoint, clock);
    if (known) kept.push({ group, endpoint });
    else created.push(group);
    groups.set(key, group);
  }
  const removed: UpstreamGroup[] = [];
  for (const group of before.values()) {
    if (groups.get(group.key) !== group) removed.push(group);
  }
  return { groups, created, kept, removed };
}
