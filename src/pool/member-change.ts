import { endpointKey, type Endpoint } from '../model/endpoint.js';
import { inPortions, type Portions } from '../model/portions.js';
import type { Clock } from '../model/ports.js';
import { Upstream } from './upstream.js';

/** Another membership, built beside the one in force. Nothing refers to it, it can be dropped. */
export interface MemberChange {
  /** All of them, in their order. */
  readonly members: ReadonlyMap<string, Upstream>;
  readonly created: readonly Upstream[];
  readonly kept: readonly Kept[];
  readonly removed: readonly Upstream[];
}

/** A member that stays, with what its endpoint says now. */
export interface Kept {
  readonly upstream: Upstream;
  readonly endpoint: Endpoint;
}

/**
 * What makes these endpoints the members, matched by key. One that comes back while its upstream
 * drains is that upstream again.
 */
export function* planMembers(
  before: ReadonlyMap<string, Upstream>,
  leaving: ReadonlyMap<string, Upstream>,
  endpoints: readonly Endpoint[],
  clock: Clock,
): Portions<MemberChange> {
  const members = new Map<string, Upstream>();
  const created: Upstream[] = [];
  const kept: Kept[] = [];
  yield* inPortions(endpoints, (endpoint) => {
    const key = endpointKey(endpoint);
    const known = before.get(key) ?? leaving.get(key);
    const upstream = known ?? new Upstream(endpoint, clock);
    if (upstream === known) kept.push({ upstream, endpoint });
    else created.push(upstream);
    members.set(upstream.key, upstream);
  });
  const removed: Upstream[] = [];
  yield* inPortions(before.values(), (upstream) => {
    if (members.get(upstream.key) !== upstream) removed.push(upstream);
  });
  return { members, created, kept, removed };
}
