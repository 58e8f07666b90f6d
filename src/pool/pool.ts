import type { GatewaySettings } from '../model/config.js';
import type { Endpoint } from '../model/endpoint.js';
import type { Observer } from '../model/events.js';
import type { Clock, HostAddresses, Random, Timer } from '../model/ports.js';
import { Availability } from './availability.js';
import { checkCures } from './cures.js';
import { Doubts } from './doubts.js';
import { Ejections } from './ejections.js';
import { FirstMembers } from './first-members.js';
import { HealthChecker } from './health-checker.js';
import type { MemberChange } from './member-change.js';
import { Members } from './members.js';
import type { Picker } from './picker.js';
import type { Obstacle, Probe } from './probe.js';
import { Rebalancer } from './rebalance.js';
import type { Retry } from './retry.js';
import { Rotation } from './rotation.js';
import { closeStranded } from './stranded.js';
import {
  probeTarget,
  type Ejection,
  type EjectionCause,
  type Suspicion,
  type Upstream,
} from './upstream.js';

export interface PoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly hosts: HostAddresses;
  readonly retry: Retry;
  readonly probe: Probe;
  readonly obstacle: Obstacle;
}

/** Ejections that show an upstream's sessions to be lost as well. */
const closingCauses: ReadonlySet<EjectionCause> = new Set(['health', 'reset']);

/** Ejections that a connection disproves. */
const connectionCures: ReadonlySet<EjectionCause> = new Set(['dial', 'reset']);

/** Ejections that an answer on a client's session disproves. */
const answerCures: ReadonlySet<EjectionCause> = new Set(['hang', 'early-end']);

/** So many sessions in a row that end before the first answer make an upstream doubtful. */
const doubtfulEnds = 3;

/** A look that is no ejection yet. */
const verification: Ejection = { cause: 'reset', reason: '' };

/** Hundreds of names may resolve in one moment; whether that changes the verdict is asked once. */
const lookAfterMs = 10;

interface Destroyable {
  destroy(): void;
}

/**
 * All upstreams of a gateway: what traffic and checks say about them, and what follows from it.
 * Knows no sessions beyond their number.
 */
export class Pool {
  readonly firstMembers: FirstMembers;
  readonly #deps: PoolDeps;
  readonly #members: Members;
  readonly #rotation: Rotation;
  readonly #availability: Availability;
  readonly #rebalancer: Rebalancer;
  readonly #ejections: Ejections;
  readonly #health: HealthChecker;
  readonly #doubts: Doubts;
  /** Being looked at because they have reset a session. */
  readonly #verifying = new Set<Upstream>();
  readonly #owned = new Set<Destroyable>();
  #settings: GatewaySettings;
  #look: Timer | undefined;
  readonly #closing = new AbortController();

  constructor(name: string, settings: GatewaySettings, deps: PoolDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.firstMembers = new FirstMembers(deps.clock);
    const settingsNow = () => this.#settings;
    this.#members = new Members({
      ...deps,
      resolved: () => this.#resolved(),
      joined: (upstream) => this.#joined(upstream),
      left: (upstream) => this.#drains(upstream),
      drained: ({ name: of }, sessions) => {
        const message = 'sessions of a draining endpoint were closed';
        const fields = { gateway: name, ...of, sessions };
        deps.observer({ type: 'notice', level: 'info', message, fields });
      },
    });
    const members = () => this.#members.values();
    this.#rotation = new Rotation({ ...deps, members, settings: settingsNow });
    this.#availability = new Availability(name, deps, this.#members);
    this.#rebalancer = new Rebalancer(() => this.picker, deps);
    const changed = (upstream: Upstream) => this.#stateChanged(upstream);
    this.#ejections = new Ejections({ ...deps, gateway: name, settings: settingsNow, changed });
    const isMember = (upstream: Upstream) => this.#members.has(upstream);
    this.#doubts = new Doubts({ ...deps, settings: settingsNow, isMember }, this.#closing.signal);
    const onVerdict = this.#onVerdict.bind(this);
    this.#health = new HealthChecker(settings.healthCheck, { ...deps, gateway: name, onVerdict });
  }

  /** The chooser of now; take it anew for each session. */
  get picker(): Picker {
    return this.#rotation.picker;
  }

  /** For a new session. What rebalancing closes must not come back to the fuller ones. */
  pick(): Upstream | undefined {
    return this.#rebalancer.isUneven ? this.picker.pickFewest() : this.picker.pick();
  }

  get settings(): GatewaySettings {
    return this.#settings;
  }

  /** Members, then those that drain. */
  upstreams(): readonly Upstream[] {
    return this.#members.upstreams();
  }

  /** Whether some upstream is believed alive. */
  get hasHealthy(): boolean {
    return this.#availability.hasHealthy;
  }

  /** What is wrong with the members, the first few of them; empty if there is none. */
  get whyDown(): string {
    return this.#availability.whyDown;
  }

  /** Why health checks cannot be made; undefined if they can, or are off. */
  get checksImpossible(): string | undefined {
    return this.#health.obstacle;
  }

  /** Builds what `commit` needs to make these the members. Changes nothing, and can be dropped. */
  prepare(endpoints: readonly Endpoint[]): MemberChange {
    return this.#members.plan(endpoints);
  }

  /**
   * Makes it so in this turn: who belongs and whose turn it is change together. Those that stay keep
   * health, backoff, counters, sessions and their place in the rotation. Returns how many sessions go
   * on at those taken out.
   */
  commit(change: MemberChange, settings: GatewaySettings): number {
    const hadChecks = this.#settings.healthCheck.type !== 'none';
    this.#settings = settings;
    this.#ejections.shorten();
    this.#health.configure(settings.healthCheck);
    this.#members.configure(settings.drainTimeoutMs);
    const draining = this.#members.commit(change);
    if (!hadChecks && settings.healthCheck.type !== 'none') this.#members.revisit();
    this.#rebalancer.configure(settings.rebalance);
    this.#changed();
    if (this.#members.size > 0) this.firstMembers.conclude();
    return draining;
  }

  /** `prepare` and `commit`. */
  apply(endpoints: readonly Endpoint[], settings: GatewaySettings): number {
    return this.commit(this.prepare(endpoints), settings);
  }

  /** Takes an upstream out of the rotation until a retry has shown that it works. */
  eject(upstream: Upstream, ejection: Ejection): void {
    if (!this.#ejections.eject(upstream, ejection) || ejection.cause === 'health') return;
    this.#health.checkSoon(upstream.key);
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
    this.unsuspect(upstream, 'ends sessions without an answer');
    upstream.earlyEnds = 0;
    const { state } = upstream;
    if (state.kind === 'ejected' && answerCures.has(state.cause)) this.#ejections.return(upstream);
  }

  /**
   * A session has waited since then for its first answer. That may be its client's doing, so the
   * upstream is asked: `answers`, `silent`, or not known yet.
   */
  askSilent(upstream: Upstream, sinceMs: number): 'answers' | 'silent' | undefined {
    return this.#doubts.ask(upstream, sinceMs);
  }

  /**
   * It has ended or reset a session before its first byte. That may be its client's doing, as etcd closes on
   * what it does not understand: after some in a row the upstream is asked, and any answer counts.
   */
  async endedEarly(upstream: Upstream): Promise<void> {
    if (upstream.state.kind !== 'healthy' || !this.#doubts.mayAskAnswer(upstream)) return;
    upstream.earlyEnds += 1;
    if (upstream.earlyEnds < doubtfulEnds) return;
    this.suspect(upstream, 'ends sessions without an answer');
    const answers = await this.#doubts.askAnswer(upstream);
    this.unsuspect(upstream, 'ends sessions without an answer');
    const count = upstream.earlyEnds; // 0: a session has been answered meanwhile
    upstream.earlyEnds = 0;
    if (answers || count < doubtfulEnds) return;
    const reason = `ended ${count} sessions in a row before its first byte, and does not answer the gateway`;
    this.eject(upstream, { cause: 'early-end', reason });
  }

  /** Slow, but not failed: new sessions prefer others as long as there are any. */
  suspect(upstream: Upstream, suspicion: Suspicion): void {
    if (upstream.suspicion === suspicion || upstream.state.kind !== 'healthy') return;
    upstream.suspicion = suspicion;
    this.#rotation.outdate();
  }

  unsuspect(upstream: Upstream, suspicion: Suspicion): void {
    if (upstream.suspicion !== suspicion) return;
    upstream.suspicion = undefined;
    this.#rotation.outdate();
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
    if (outcome.ok || !outcome.conclusive || !this.#members.has(upstream)) return;
    if (signal.aborted) return;
    this.eject(upstream, { cause: 'reset', reason: `reset a session, then: ${outcome.reason}` });
  }

  /** To be called when a session or a dial has left; the last one closes a draining upstream. */
  left(upstream: Upstream): void {
    this.#rotation.left(upstream);
    this.#members.emptied(upstream);
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
    for (const dial of [...this.#owned]) dial.destroy();
    this.#rotation.destroy();
    this.#look?.cancel();
    this.#health.close();
    this.#ejections.destroy();
    this.firstMembers.destroy();
    this.#members.destroy();
  }

  /** What health checks find counts for more than what the traffic says. */
  #onVerdict(key: string, healthy: boolean, reason: string): void {
    const upstream = this.#members.get(key);
    if (!upstream) return;
    if (!healthy) {
      this.eject(upstream, { cause: 'health', reason });
      this.#closeStranded([upstream]); // what had ejected it before may not have closed them
      return;
    }
    const { state } = upstream;
    const { healthCheck } = this.#settings;
    if (state.kind === 'ejected' && checkCures(healthCheck, state.cause))
      this.#ejections.return(upstream);
  }

  #joined(upstream: Upstream): void {
    this.#ejections.resume(upstream);
    this.#health.add(upstream.key, upstream.name, () => probeTarget(upstream));
  }

  /** Another upstream with its address may have joined meanwhile. */
  #drains(upstream: Upstream): void {
    this.#ejections.forget(upstream);
    const member = this.#members.get(upstream.key);
    if (!member || member === upstream) this.#health.remove(upstream.key);
  }

  #resolved(): void {
    this.#rotation.outdate();
    this.#lookSoon();
  }

  #lookSoon(): void {
    this.#look ??= this.#deps.clock.setTimer(lookAfterMs, () => {
      this.#look = undefined;
      this.#changed();
    });
  }

  /** Without an address it is nobody's choice, whatever its state: then there is no hurry. */
  #stateChanged(upstream: Upstream): void {
    if (upstream.hasAddress) this.#changed();
    else this.#lookSoon();
  }

  #changed(): void {
    if (this.#closing.signal.aborted) return;
    this.#rotation.outdate();
    this.#closeStranded(this.#members.values());
    this.#availability.look();
  }

  /** `on-eject: close`, as soon as there is somewhere else to go. */
  #closeStranded(upstreams: Iterable<Upstream>): void {
    if (this.#settings.onEject !== 'close' || !this.hasHealthy) return;
    if (this.#look) return; // it goes on with them
    if (closeStranded(upstreams, (upstream) => this.#isLost(upstream))) this.#lookSoon();
  }

  /** Taken out by its checks, or by something else and its checks fail as well. */
  #isLost({ key, state }: Upstream): boolean {
    if (state.kind !== 'ejected') return false;
    return closingCauses.has(state.cause) || this.#health.verdict(key) === 'unhealthy';
  }
}
