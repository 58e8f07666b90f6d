import type { GatewaySettings } from '../model/config.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Observer } from '../model/events.js';
import type { Clock, HostAddresses, Random, Timer } from '../model/ports.js';
import type { UpstreamView } from '../model/views.js';
import { checkCures } from './cures.js';
import { createPicker, type Picker } from './picker.js';
import { Drain } from './drain.js';
import { Ejections } from './ejections.js';
import { HealthChecker } from './health-checker.js';
import type { Probe } from './probe.js';
import { Rebalancer } from './rebalance.js';
import type { Retry } from './retry.js';
import { slowStartShare } from './slow-start.js';
import {
  probeTargets,
  Upstream,
  type Ejection,
  type EjectionCause,
  type Suspicion,
} from './upstream.js';

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hosts: HostAddresses;
  readonly retry: Retry;
  readonly probe: Probe;
}

/** Ejections that show an upstream's sessions to be lost as well. */
const closingCauses: ReadonlySet<EjectionCause> = new Set(['health', 'reset']);

/** Ejections that a connection disproves. */
const connectionCures: ReadonlySet<EjectionCause> = new Set(['dial', 'reset']);

/** A look that is no ejection yet. */
const verification: Ejection = { cause: 'reset', reason: '' };

/** Hundreds of names may resolve in one moment; whether that changes the verdict is asked once. */
const lookAfterMs = 10;

const fewReasons = 5;

/** Thousands of sessions closed in one turn of the loop would hold up all others. */
const mostClosedAtOnce = 250;

interface Destroyable {
  destroy(): void;
}

/**
 * All upstreams of a gateway: who belongs to it, who is well, whose turn it is.
 * The one place where an upstream's state changes. Knows no sessions beyond their number.
 */
export class Pool {
  readonly #name: string;
  readonly #deps: PoolDeps;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #drained = new Set<Upstream>();
  readonly #drains = new Map<Upstream, Drain>();
  readonly #rebalancer: Rebalancer;
  /** Being looked at because they have reset a session. */
  readonly #verifying = new Set<Upstream>();
  readonly #ejections: Ejections;
  readonly #owned = new Set<Destroyable>();
  readonly #health: HealthChecker;
  #settings: GatewaySettings;
  #picker: Picker | undefined;
  /** Whether the picker no longer tells the truth; the next one who asks gets another. */
  #stale = true;
  #slowStart: Timer | undefined;
  #look: Timer | undefined;
  #isDown = false;
  readonly #closing = new AbortController();

  constructor(name: string, settings: GatewaySettings, deps: PoolDeps) {
    this.#name = name;
    this.#settings = settings;
    this.#deps = deps;
    this.#rebalancer = new Rebalancer(() => this.picker.preferred(), deps.clock);
    this.#ejections = new Ejections({
      ...deps,
      gateway: name,
      settings: () => this.#settings,
      changed: () => this.#changed(),
    });
    const onVerdict = this.#onVerdict.bind(this);
    this.#health = new HealthChecker(settings.healthCheck, { ...deps, gateway: name, onVerdict });
  }

  /** The chooser of now; take it anew for each session. */
  get picker(): Picker {
    if (this.#picker && !this.#stale) return this.#picker;
    this.#stale = false;
    this.#picker = this.#createPicker();
    return this.#picker;
  }

  get settings(): GatewaySettings {
    return this.#settings;
  }

  /** Members, then those that drain. */
  upstreams(): readonly Upstream[] {
    return [...this.#upstreams.values(), ...this.#drained];
  }

  views(): readonly UpstreamView[] {
    return this.upstreams().map((upstream) => upstream.view());
  }

  /** Whether some upstream is believed alive. */
  get hasHealthy(): boolean {
    for (const upstream of this.#upstreams.values()) if (isUsable(upstream)) return true;
    return false;
  }

  /** What is wrong with the members, the first few of them; empty if there is none. */
  get whyDown(): string {
    const shown = [...this.#upstreams.values()].slice(0, fewReasons);
    const reasons = shown.map((upstream) => `${upstream.key}: ${upstream.view().reason}`);
    const missing = this.#upstreams.size - shown.length;
    return [...reasons, ...(missing > 0 ? [`and ${missing} more`] : [])].join('; ');
  }

  /**
   * Makes these the members, in this order. Those that stay keep health, backoff, counters,
   * sessions and their place in the rotation. Returns how many sessions go on at those taken out.
   */
  apply(endpoints: readonly Endpoint[], settings: GatewaySettings): number {
    this.#settings = settings;
    this.#ejections.shorten();
    this.#health.configure(settings.healthCheck);
    const before = new Map(this.#upstreams);
    this.#upstreams.clear();
    for (const endpoint of endpoints) this.#place(endpoint, before);
    let draining = 0;
    for (const upstream of before.values()) draining += this.#drain(upstream);
    for (const drain of this.#drains.values()) drain.configure(settings.drainTimeoutMs);
    this.#rebalancer.configure(settings.rebalance);
    this.#changed();
    return draining;
  }

  /** Takes an upstream out of the rotation until a retry has shown that it works. */
  eject(upstream: Upstream, ejection: Ejection): void {
    if (!this.#ejections.eject(upstream, ejection) || ejection.cause === 'health') return;
    this.#health.checkNow(upstream.key);
  }

  /** A client's dial has connected: that proves an upstream well that had not. */
  connected(upstream: Upstream): void {
    this.unsuspect(upstream, 'slow to connect');
    const { state } = upstream;
    const isDisproved = state.kind === 'ejected' && connectionCures.has(state.cause);
    if (isDisproved) this.#ejections.return(upstream);
  }

  /** A session's first answer has come: that proves an upstream well that had been silent. */
  answered(upstream: Upstream): void {
    this.unsuspect(upstream, 'slow to answer');
    const { state } = upstream;
    if (state.kind === 'ejected' && state.cause === 'hang') this.#ejections.return(upstream);
  }

  /** Slow, but not failed: new sessions prefer others as long as there are any. */
  suspect(upstream: Upstream, suspicion: Suspicion): void {
    if (upstream.suspicion === suspicion || upstream.state.kind !== 'healthy') return;
    upstream.suspicion = suspicion;
    this.#stale = true;
  }

  unsuspect(upstream: Upstream, suspicion: Suspicion): void {
    if (upstream.suspicion !== suspicion) return;
    upstream.suspicion = undefined;
    this.#stale = true;
  }

  /**
   * It has reset a session. Where sessions of a failed upstream are to be closed (`on-eject`), a
   * look shows whether it has failed or only ended that one.
   */
  async resetBy(upstream: Upstream): Promise<void> {
    const isWanted = this.#settings.onEject === 'close' && upstream.state.kind === 'healthy';
    if (!isWanted || this.#verifying.has(upstream)) return;
    this.#verifying.add(upstream);
    const { signal } = this.#closing;
    const outcome = await this.#deps.retry(upstream, verification, this.#settings, signal);
    this.#verifying.delete(upstream);
    if (outcome.ok || !outcome.conclusive || this.#upstreams.get(upstream.key) !== upstream) return;
    if (signal.aborted) return;
    this.eject(upstream, { cause: 'reset', reason: `reset a session, then: ${outcome.reason}` });
  }

  /** A session or a dial has left; the last one closes a draining upstream. */
  left(upstream: Upstream): void {
    if (upstream.load === 0 && this.#drained.delete(upstream)) this.#close(upstream);
  }

  /** Takes on a dial that outlives its session. */
  own(dial: Destroyable): void {
    this.#owned.add(dial);
  }

  disown(dial: Destroyable): void {
    this.#owned.delete(dial);
  }

  /** Ends timers, dials and look-ups; sessions are not the pool's to end. Idempotent. */
  destroy(): void {
    this.#closing.abort();
    this.#rebalancer.destroy();
    for (const drain of this.#drains.values()) drain.destroy();
    for (const dial of [...this.#owned]) dial.destroy();
    this.#slowStart?.cancel();
    this.#look?.cancel();
    this.#health.close();
    this.#ejections.destroy();
    for (const upstream of this.upstreams()) upstream.release();
  }

  /** What health checks find counts for more than what the traffic says. */
  #onVerdict(key: string, healthy: boolean, reason: string): void {
    const upstream = this.#upstreams.get(key);
    if (!upstream) return;
    if (!healthy) {
      this.eject(upstream, { cause: 'health', reason });
      return;
    }
    const { state } = upstream;
    const { type } = this.#settings.healthCheck;
    if (state.kind === 'ejected' && checkCures(type, state.cause)) this.#ejections.return(upstream);
  }

  #place(endpoint: Endpoint, before: Map<string, Upstream>): void {
    const key = endpointKey(endpoint);
    const known = before.get(key);
    if (!known || (known.state.kind === 'draining' && !endpoint.drain)) {
      this.#upstreams.set(key, this.#create(endpoint)); // one that drains never returns
      return;
    }
    before.delete(key);
    known.update(endpoint);
    this.#upstreams.set(key, known);
    if (endpoint.drain) this.#beginDrain(known);
  }

  #create(endpoint: Endpoint): Upstream {
    const { clock, hosts } = this.#deps;
    const upstream = new Upstream(endpoint, clock);
    const { address } = endpoint;
    if (address.kind === 'tcp') {
      upstream.follow(hosts.track(address.host, () => this.#resolved(upstream)));
    }
    this.#health.remove(upstream.key);
    if (endpoint.drain) this.#beginDrain(upstream);
    else this.#health.add(upstream.key, () => probeTargets(upstream)[0]);
    return upstream;
  }

  #drain(upstream: Upstream): number {
    if (!this.#upstreams.has(upstream.key)) this.#health.remove(upstream.key);
    if (upstream.load === 0) {
      this.#ejections.forget(upstream);
      this.#close(upstream);
      return 0;
    }
    this.#beginDrain(upstream);
    this.#drained.add(upstream);
    return upstream.sessions.size;
  }

  #beginDrain(upstream: Upstream): void {
    if (upstream.state.kind === 'draining') return;
    this.#ejections.forget(upstream);
    if (upstream.endpoint.drain) this.#health.remove(upstream.key);
    upstream.suspicion = undefined;
    upstream.setState({ kind: 'draining', sinceMs: this.#deps.clock.nowMs() });
    this.#drains.set(upstream, new Drain(upstream, this.#deps.clock));
  }

  #close(upstream: Upstream): void {
    this.#drains.get(upstream)?.destroy();
    this.#drains.delete(upstream);
    upstream.setState({ kind: 'closed', sinceMs: this.#deps.clock.nowMs() });
    upstream.release();
  }

  #resolved(upstream: Upstream): void {
    this.#stale = true;
    this.#lookSoon();
    upstream.resolved();
  }

  #lookSoon(): void {
    this.#look ??= this.#deps.clock.setTimer(lookAfterMs, () => {
      this.#look = undefined;
      this.#changed();
    });
  }

  #changed(): void {
    if (this.#closing.signal.aborted) return;
    this.#stale = true;
    this.#closeStranded();
    const isDown = !this.#hasHope();
    if (isDown === this.#isDown || this.#upstreams.size === 0) return; // nobody is no verdict
    this.#isDown = isDown;
    const gateway = this.#name;
    if (!isDown) this.#deps.observer({ type: 'pool-up', gateway });
    else this.#deps.observer({ type: 'pool-down', gateway, reason: this.whyDown });
  }

  /** `on-eject: close`, as soon as there is somewhere else to go. */
  #closeStranded(): void {
    if (this.#settings.onEject !== 'close' || !this.hasHealthy) return;
    for (const { state, sessions } of this.#upstreams.values()) {
      if (state.kind !== 'ejected' || !closingCauses.has(state.cause)) continue;
      for (const session of [...sessions].slice(0, mostClosedAtOnce)) session.close('ejected');
      if (sessions.size > 0) this.#lookSoon();
    }
  }

  /** A name that is being looked up for the first time is not a failure yet. */
  #hasHope(): boolean {
    return this.hasHealthy || [...this.#upstreams.values()].some(({ isResolving }) => isResolving);
  }

  #createPicker(): Picker {
    const { clock, random } = this.#deps;
    const { slowStartMs, balancer } = this.#settings;
    const nowMs = clock.nowMs();
    const members = [...this.#upstreams.values()].filter(({ state }) => state.kind !== 'draining');
    const share = (upstream: Upstream) => slowStartShare(upstream, slowStartMs, nowMs);
    this.#slowStart?.cancel();
    if (members.some((upstream) => share(upstream) < 1)) {
      const stepMs = Math.max(50, slowStartMs / 20);
      this.#slowStart = clock.setTimer(stepMs, () => (this.#stale = true));
    }
    const previous = this.#picker;
    return createPicker({ upstreams: members, balancer, random, share, previous });
  }
}

function isUsable(upstream: Upstream): boolean {
  return upstream.state.kind === 'healthy' && upstream.hasAddress;
}
