import type { GatewaySettings } from '../model/config.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Observer } from '../model/events.js';
import type { Clock, HostAddresses, Random, Timer } from '../model/ports.js';
import type { UpstreamView } from '../model/views.js';
import { backoffMs, nextFailureCount } from './backoff.js';
import { createPicker, type Picker } from './picker.js';
import { HealthChecker } from './health-checker.js';
import type { Probe } from './probe.js';
import type { Retry } from './retry.js';
import { slowStartShare } from './slow-start.js';
import { probeTargets, Upstream, type Ejection, type Suspicion } from './upstream.js';

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hosts: HostAddresses;
  readonly retry: Retry;
  readonly probe: Probe;
}

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
  readonly #retries = new Map<Upstream, { timer: Timer; abort: AbortController }>();
  readonly #owned = new Set<Destroyable>();
  readonly #health: HealthChecker;
  #settings: GatewaySettings;
  #picker: Picker | undefined;
  /** Whether the picker no longer tells the truth; the next one who asks gets another. */
  #stale = true;
  #slowStart: Timer | undefined;
  #isDown = false;
  #closed = false;

  constructor(name: string, settings: GatewaySettings, deps: PoolDeps) {
    this.#name = name;
    this.#settings = settings;
    this.#deps = deps;
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
    return [...this.#upstreams.values()].some(isUsable);
  }

  /**
   * Makes these the members, in this order. Those that stay keep health, backoff, counters,
   * sessions and their place in the rotation. Returns how many sessions go on at those taken out.
   */
  apply(endpoints: readonly Endpoint[], settings: GatewaySettings): number {
    this.#settings = settings;
    this.#health.configure(settings.healthCheck);
    const before = new Map(this.#upstreams);
    this.#upstreams.clear();
    for (const endpoint of endpoints) this.#place(endpoint, before);
    let draining = 0;
    for (const upstream of before.values()) draining += this.#drain(upstream);
    this.#changed();
    return draining;
  }

  /** Takes an upstream out of the rotation until a retry has shown that it works. */
  eject(upstream: Upstream, ejection: Ejection): void {
    const { clock, random, observer } = this.#deps;
    upstream.fail(ejection.reason);
    if (upstream.state.kind !== 'healthy') return;
    const nowMs = clock.nowMs();
    const failures = nextFailureCount(upstream.history, nowMs - upstream.state.sinceMs);
    const retryInMs = backoffMs(failures, this.#settings.retryDelayMs, random);
    upstream.history = { failures, lastWaitMs: retryInMs };
    upstream.counters.ejections += 1;
    upstream.suspicion = undefined;
    this.#setEjected(upstream, ejection, nowMs, retryInMs);
    if (ejection.cause !== 'health') this.#health.checkNow(upstream.key);
    observer({
      type: 'upstream-ejected',
      gateway: this.#name,
      endpoint: upstream.key,
      reason: ejection.reason,
      retryInMs,
    });
    this.#changed();
  }

  /** A client's dial has connected: that proves an upstream well that was ejected for a dial. */
  connected(upstream: Upstream): void {
    this.unsuspect(upstream, 'slow to connect');
    if (upstream.state.kind === 'ejected' && upstream.state.cause === 'dial')
      this.#return(upstream);
  }

  /** A session's first answer has come: that proves an upstream well that had not answered. */
  answered(upstream: Upstream): void {
    this.unsuspect(upstream, 'slow to answer');
    if (upstream.state.kind === 'ejected' && upstream.state.cause === 'hang')
      this.#return(upstream);
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

  /** A session has left; the last one closes a draining upstream. */
  left(upstream: Upstream): void {
    if (upstream.sessions.size > 0 || !this.#drained.delete(upstream)) return;
    upstream.setState({ kind: 'closed', sinceMs: this.#deps.clock.nowMs() });
    upstream.release();
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
    this.#closed = true;
    for (const dial of [...this.#owned]) dial.destroy();
    this.#slowStart?.cancel();
    this.#health.close();
    for (const upstream of [...this.#retries.keys()]) this.#stopRetry(upstream);
    for (const upstream of this.upstreams()) upstream.release();
  }

  /** What health checks find counts for more than what the traffic says. */
  #onVerdict(key: string, healthy: boolean, reason: string): void {
    const upstream = this.#upstreams.get(key);
    if (!upstream) return;
    if (!healthy) this.eject(upstream, { cause: 'health', reason });
    else if (upstream.state.kind === 'ejected') this.#return(upstream);
  }

  #place(endpoint: Endpoint, before: Map<string, Upstream>): void {
    const key = endpointKey(endpoint);
    const known = before.get(key);
    const reusable = known && (known.state.kind === 'draining') === endpoint.drain;
    if (!reusable) {
      this.#upstreams.set(key, this.#create(endpoint));
      return;
    }
    before.delete(key);
    known.update(endpoint);
    this.#upstreams.set(key, known);
  }

  #create(endpoint: Endpoint): Upstream {
    const { clock, hosts } = this.#deps;
    const upstream = new Upstream(endpoint, clock);
    const { address } = endpoint;
    if (address.kind === 'tcp') {
      upstream.follow(hosts.track(address.host, () => this.#resolved(upstream)));
    }
    if (endpoint.drain) upstream.setState({ kind: 'draining', sinceMs: clock.nowMs() });
    this.#health.remove(upstream.key);
    if (!endpoint.drain) this.#health.add(upstream.key, () => probeTargets(upstream)[0]);
    return upstream;
  }

  #drain(upstream: Upstream): number {
    this.#stopRetry(upstream);
    if (!this.#upstreams.has(upstream.key)) this.#health.remove(upstream.key);
    if (upstream.state.kind !== 'draining') {
      upstream.setState({ kind: 'draining', sinceMs: this.#deps.clock.nowMs() });
    }
    this.#drained.add(upstream);
    this.left(upstream);
    return upstream.sessions.size;
  }

  #resolved(upstream: Upstream): void {
    if (this.#upstreams.get(upstream.key) === upstream) this.#changed();
    upstream.resolved();
  }

  #setEjected(upstream: Upstream, ejection: Ejection, sinceMs: number, retryInMs: number): void {
    const retryAtMs = this.#deps.clock.nowMs() + retryInMs;
    upstream.setState({ kind: 'ejected', sinceMs, retryAtMs, ...ejection });
    if (ejection.cause === 'health') return; // its checks go on and will find it well
    const abort = new AbortController();
    const timer = this.#deps.clock.setTimer(retryInMs, () => {
      void this.#retry(upstream, ejection, abort.signal);
    });
    this.#retries.set(upstream, { timer, abort });
  }

  async #retry(upstream: Upstream, ejection: Ejection, signal: AbortSignal): Promise<void> {
    const outcome = await this.#deps.retry(upstream, ejection, this.#settings, signal);
    if (signal.aborted || this.#closed || upstream.state.kind !== 'ejected') return;
    if (outcome.ok) {
      this.#return(upstream);
      return;
    }
    upstream.fail(outcome.reason);
    const failures = upstream.history.failures + 1;
    const retryInMs = backoffMs(failures, this.#settings.retryDelayMs, this.#deps.random);
    upstream.history = { failures, lastWaitMs: retryInMs };
    const reason = outcome.reason === '' ? ejection.reason : outcome.reason;
    this.#setEjected(upstream, { ...ejection, reason }, upstream.state.sinceMs, retryInMs);
  }

  #return(upstream: Upstream): void {
    const { clock, observer } = this.#deps;
    const ejectedForMs = clock.nowMs() - upstream.state.sinceMs;
    this.#stopRetry(upstream);
    upstream.suspicion = undefined;
    upstream.setState({ kind: 'healthy', sinceMs: clock.nowMs() });
    observer({
      type: 'upstream-returned',
      gateway: this.#name,
      endpoint: upstream.key,
      ejectedForMs,
    });
    this.#changed();
  }

  #stopRetry(upstream: Upstream): void {
    const retry = this.#retries.get(upstream);
    if (!retry) return;
    this.#retries.delete(upstream);
    retry.timer.cancel();
    retry.abort.abort();
  }

  #changed(): void {
    if (this.#closed) return;
    this.#stale = true;
    const isDown = this.#upstreams.size > 0 && !this.hasHealthy;
    if (isDown === this.#isDown) return;
    this.#isDown = isDown;
    const gateway = this.#name;
    if (!isDown) this.#deps.observer({ type: 'pool-up', gateway });
    else this.#deps.observer({ type: 'pool-down', gateway, reason: this.#downReason() });
  }

  #downReason(): string {
    return [...this.#upstreams.values()]
      .slice(0, 5)
      .map((upstream) => `${upstream.key}: ${upstream.view().reason}`)
      .join('; ');
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
