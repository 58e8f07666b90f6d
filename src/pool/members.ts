import type { Endpoint } from '../model/endpoint.js';
import { portionSize } from '../model/portions.js';
import type { Clock, HostAddresses, Timer } from '../model/ports.js';
import { Drains } from './drains.js';
import { planMembers, type MemberChange } from './member-change.js';
import type { Upstream } from './upstream.js';
import type { UpstreamGroup } from './upstream-group.js';

export interface MembersOptions {
  readonly clock: Clock;
  readonly hosts: HostAddresses;
  /** Calls when the addresses of a name have changed, or its first look-up has ended. */
  readonly resolved: () => void;
  /** Calls soon after it has become a member, and whenever `revisit` asks for it. */
  readonly joined: (upstream: Upstream) => void;
  /** Calls soon after it has begun to drain. */
  readonly left: (upstream: Upstream) => void;
  /** `drain-timeout` has ended so many of its sessions. */
  readonly drained: (upstream: Upstream, sessions: number) => void;
}

/**
 * Who belongs to a pool: the upstreams of all addresses of its endpoints. Endpoints change as a whole
 * in one turn of the event loop, and the addresses of a name do; what follows from that for each
 * upstream, such as its look-ups, checks, drain or end, comes in portions.
 */
export class Members {
  readonly #options: MembersOptions;
  /** By endpoint, in the order of the rotation. */
  #groups: ReadonlyMap<string, UpstreamGroup> = new Map();
  /** No longer endpoints, and not all closed yet. */
  readonly #leaving = new Map<string, UpstreamGroup>();
  /** All members, in no order. */
  readonly #byKey = new Map<string, Upstream>();
  readonly #drains: Drains;
  readonly #toSettle = new Set<Upstream>();
  #settling: Timer | undefined;
  #drainTimeoutMs = 0;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#drains = new Drains(options.clock, options.drained);
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Upstream | undefined {
    return this.#byKey.get(key);
  }

  has(upstream: Upstream): boolean {
    return this.#byKey.get(upstream.key) === upstream;
  }

  /** In the order of the rotation. */
  *values(): Iterable<Upstream> {
    for (const { members } of this.#groups.values()) yield* members;
  }

  /** Members, each name's draining ones after them; then those of endpoints that have left. */
  upstreams(): readonly Upstream[] {
    return [...this.#groups.values(), ...this.#leaving.values()].flatMap(({ members, leaving }) => [
      ...members,
      ...leaving,
    ]);
  }

  /** Changes nothing; good for one `commit`, as long as no other one comes before it. */
  plan(endpoints: readonly Endpoint[]): MemberChange {
    return planMembers(this.#groups, this.#leaving, endpoints, this.#options.clock);
  }

  /** Returns how many sessions go on at those taken out. */
  commit({ groups, created, kept, removed }: MemberChange): number {
    this.#groups = groups;
    for (const group of created) {
      for (const upstream of group.members) this.#join(upstream);
      this.#drainAsAsked(group);
    }
    for (const { group, endpoint } of kept) {
      this.#leaving.delete(group.key);
      this.#arrange(group, endpoint);
    }
    let sessions = 0;
    const left: Upstream[] = [];
    for (const group of removed) {
      this.#leaving.set(group.key, group);
      this.#arrange(group, undefined);
      for (const upstream of group.leaving) sessions += upstream.sessions.size;
      left.push(...group.leaving);
    }
    this.#revisitAll(left);
    return sessions;
  }

  /** For those that drain and those that will; counted from when each began to. */
  configure(drainTimeoutMs: number): void {
    if (drainTimeoutMs === this.#drainTimeoutMs) return;
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#revisitAll([...this.#drains.upstreams()]);
  }

  /** Tells of all members again that they have joined. */
  revisit(): void {
    this.#revisitAll([...this.values()]);
  }

  /** A session or dial has gone; with the last one it closes if it is no member. Says whether it has. */
  emptied(upstream: Upstream): boolean {
    if (upstream.load > 0) return false;
    this.#drains.conclude(upstream);
    const group = this.#groupOf(upstream);
    if (!group?.leaving.includes(upstream)) return false;
    this.#close(upstream, group);
    return true;
  }

  /** Idempotent. Sessions are not the pool's to end. */
  destroy(): void {
    this.#settling?.cancel();
    this.#toSettle.clear();
    this.#drains.destroy();
    for (const group of [...this.#groups.values(), ...this.#leaving.values()]) group.release();
  }

  #groupOf({ group: { key } }: Upstream): UpstreamGroup | undefined {
    return this.#groups.get(key) ?? this.#leaving.get(key);
  }

  #isEndpoint(group: UpstreamGroup): boolean {
    return this.#groups.get(group.key) === group;
  }

  /** Another value of its endpoint, or other addresses of its name. */
  #arrange(group: UpstreamGroup, endpoint: Endpoint | undefined): void {
    const { created, removed } = group.arrange(endpoint);
    for (const upstream of created) this.#join(upstream);
    for (const upstream of removed) this.#leave(upstream);
    if (endpoint && group.name !== undefined && !group.isFollowed)
      for (const each of group.members) this.#toSettle.add(each);
    this.#drainAsAsked(group);
  }

  #join(upstream: Upstream): void {
    this.#byKey.set(upstream.key, upstream);
    this.#toSettle.add(upstream);
  }

  #leave(upstream: Upstream): void {
    this.#byKey.delete(upstream.key);
    this.#beginDrain(upstream);
    this.#toSettle.add(upstream); // it may have drained before
  }

  #drainAsAsked({ endpoint, members }: UpstreamGroup): void {
    for (const upstream of members) {
      this.#byKey.set(upstream.key, upstream);
      if (endpoint.drain) this.#beginDrain(upstream);
      else this.#endDrain(upstream);
    }
  }

  #beginDrain(upstream: Upstream): void {
    const { state } = upstream;
    if (state.kind === 'draining' || state.kind === 'closed') return;
    upstream.suspicion = undefined;
    upstream.setState({ kind: 'draining', sinceMs: this.#options.clock.nowMs(), before: state });
    this.#toSettle.add(upstream);
  }

  #endDrain(upstream: Upstream): void {
    const { state } = upstream;
    if (state.kind !== 'draining') return;
    this.#drains.forget(upstream);
    upstream.setState(state.before);
    this.#toSettle.add(upstream);
  }

  /** A name that others follow may be known already; else the look-up tells. */
  #follow({ group: { key, name } }: Upstream): void {
    const group = this.#groups.get(key);
    if (name === undefined || !group || group.isFollowed) return;
    const changed = (): void => {
      this.#resolved(group);
      this.#revisitAll([]);
    };
    const host = this.#options.hosts.track(name, changed, group.endpoint);
    group.follow(host);
    if (host.settled) this.#resolved(group);
  }

  /** An endpoint that has left keeps the upstreams that it had. */
  #resolved(group: UpstreamGroup): void {
    if (!this.#isEndpoint(group)) return;
    const before = group.members;
    this.#arrange(group, group.endpoint);
    this.#options.resolved();
    for (const upstream of before) upstream.resolved();
  }

  #revisitAll(upstreams: readonly Upstream[]): void {
    for (const upstream of upstreams) this.#toSettle.add(upstream);
    this.#settling?.cancel();
    this.#settleSome();
  }

  /** The first portion at once, further ones in turns of their own. */
  #settleSome(): void {
    let left = portionSize;
    for (const upstream of this.#toSettle) {
      if (left === 0) break;
      left -= 1;
      this.#toSettle.delete(upstream);
      this.#settle(upstream);
    }
    if (this.#toSettle.size === 0) return;
    this.#settling = this.#options.clock.setTimer(0, () => this.#settleSome());
  }

  /** Goes by what is true now: between two portions it may have come, gone or closed. */
  #settle(upstream: Upstream): void {
    if (upstream.state.kind === 'closed') {
      this.#options.left(upstream);
      return;
    }
    this.#follow(upstream);
    if (upstream.state.kind !== 'draining') {
      this.#options.joined(upstream);
      return;
    }
    this.#options.left(upstream);
    if (!this.emptied(upstream)) this.#drains.configure(upstream, this.#drainTimeoutMs);
  }

  #close(upstream: Upstream, group: UpstreamGroup): void {
    this.#drains.forget(upstream);
    upstream.setState({ kind: 'closed', sinceMs: this.#options.clock.nowMs() });
    group.forget(upstream);
    if (this.#isEndpoint(group) || group.leaving.length > 0) return;
    this.#leaving.delete(group.key);
    group.release();
  }
}
