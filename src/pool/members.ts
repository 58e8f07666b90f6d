import type { Endpoint } from '../model/endpoint.js';
import { portionSize, type Portions } from '../model/portions.js';
import type { Clock, HostAddresses, Timer } from '../model/ports.js';
import { Drains } from './drains.js';
import { planMembers, type MemberChange } from './member-change.js';
import type { UpstreamView } from '../model/views.js';
import { Upstream } from './upstream.js';

export interface MembersOptions {
  readonly clock: Clock;
  readonly hosts: HostAddresses;
  /** Calls after each change of an upstream's addresses. */
  readonly resolved: (upstream: Upstream) => void;
  /** Calls soon after it has become a member, and whenever `revisit` asks for it. */
  readonly joined: (upstream: Upstream) => void;
  /** Calls soon after it has begun to drain. */
  readonly left: (upstream: Upstream) => void;
}

/**
 * Who belongs to a pool. Membership changes as a whole in one turn of the event loop; what follows
 * from that for each upstream, such as its look-ups, checks, drain or end, comes in portions.
 */
export class Members {
  readonly #options: MembersOptions;
  #all = new Map<string, Upstream>();
  /** No longer members, and not closed yet; by key. */
  readonly #leaving = new Map<string, Upstream>();
  readonly #drains: Drains;
  readonly #toSettle = new Set<Upstream>();
  #settling: Timer | undefined;
  #drainTimeoutMs = 0;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#drains = new Drains(options.clock);
  }

  /** By key, in the order of the rotation. */
  get all(): ReadonlyMap<string, Upstream> {
    return this.#all;
  }

  /** Members, then those that drain. */
  upstreams(): readonly Upstream[] {
    return [...this.#all.values(), ...this.#leaving.values()];
  }

  has(upstream: Upstream): boolean {
    return this.#all.get(upstream.key) === upstream;
  }

  views(): readonly UpstreamView[] {
    return this.upstreams().map((upstream) => upstream.view(this.has(upstream)));
  }

  /** Changes nothing; good for one `commit`, as long as no other one comes before it. */
  plan(endpoints: readonly Endpoint[]): Portions<MemberChange> {
    return planMembers(this.#all, this.#leaving, endpoints, this.#options.clock);
  }

  /** Returns how many sessions go on at those taken out. */
  commit({ members, created, kept, removed }: MemberChange): number {
    this.#all = new Map(members);
    for (const { upstream, endpoint } of kept) this.#keep(upstream, endpoint);
    for (const upstream of created) this.#toSettle.add(upstream); // before a name of theirs is let go
    for (const upstream of this.#all.values()) {
      if (upstream.endpoint.drain) this.#beginDrain(upstream);
      else this.#endDrain(upstream);
    }
    let sessions = 0;
    for (const upstream of removed) {
      this.#leaving.set(upstream.key, upstream);
      this.#beginDrain(upstream);
      sessions += upstream.sessions.size;
    }
    this.#revisitAll(removed);
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
    this.#revisitAll([...this.#all.values()]);
  }

  /** Its last session or dial has gone; closes it if it is no member any more. */
  emptied(upstream: Upstream): void {
    if (upstream.load > 0 || this.#leaving.get(upstream.key) !== upstream) return;
    this.#leaving.delete(upstream.key);
    this.#close(upstream);
  }

  /** Idempotent. Sessions are not the pool's to end. */
  destroy(): void {
    this.#settling?.cancel();
    this.#toSettle.clear();
    this.#drains.destroy();
    for (const upstream of this.upstreams()) upstream.release();
  }

  /** A name that others follow may be known already; else the look-up tells. */
  #follow(upstream: Upstream): void {
    const name = upstream.unfollowedName;
    if (name === undefined || !this.has(upstream)) return;
    const { hosts, resolved } = this.#options;
    const host = hosts.track(name, () => resolved(upstream));
    upstream.follow(host);
    if (host.settled) resolved(upstream);
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

  /** One that drained may have closed while the change was prepared. */
  #keep(upstream: Upstream, endpoint: Endpoint): void {
    this.#leaving.delete(upstream.key);
    upstream.update(endpoint);
    if (upstream.state.kind !== 'closed') return;
    const another = new Upstream(endpoint, this.#options.clock);
    this.#all.set(another.key, another);
    this.#toSettle.add(another);
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
    const { kind } = upstream.state;
    if (kind === 'closed') {
      this.#options.left(upstream);
      return;
    }
    this.#follow(upstream);
    if (kind !== 'draining') {
      this.#options.joined(upstream);
      return;
    }
    this.#options.left(upstream);
    this.emptied(upstream);
    if (!this.#leaving.has(upstream.key) && !this.has(upstream)) return;
    this.#drains.configure(upstream, this.#drainTimeoutMs);
  }

  #close(upstream: Upstream): void {
    this.#drains.forget(upstream);
    upstream.setState({ kind: 'closed', sinceMs: this.#options.clock.nowMs() });
    upstream.release();
  }
}
