import { isDeepStrictEqual } from 'node:util';

import type { GatewaySettings } from '../../src/model/config.js';
import type { DesiredGateway, DesiredState } from '../../src/model/desired-state.js';
import { endpointKey } from '../../src/model/endpoint.js';
import type { GatewayEvent, SessionEnd } from '../../src/model/events.js';
import type { Upstream } from '../../src/pool/upstream.js';
import type { Client, ClientSession, ClientWatch } from './clients.js';
import type { ControlPlane } from './control-plane.js';
import { setOf, type DnsWorld } from './dns-world.js';
import type { PoolGateway } from './live-pools.js';
import type { Member, MemberWorld } from './member-world.js';
import type { GatewaySetup, Setup } from './setup.js';
import type { VirtualClock } from './virtual-clock.js';
import { Violation } from './violation.js';

export interface InvariantDeps {
  readonly clock: VirtualClock;
  readonly plane: () => ControlPlane;
  readonly dns: DnsWorld;
  readonly members: MemberWorld;
}

/** Moves of an upstream's state that there may be. */
const moves: Readonly<Record<string, readonly string[]>> = {
  healthy: ['ejected', 'draining', 'closed'],
  ejected: ['healthy', 'draining', 'closed'],
  draining: ['healthy', 'ejected', 'closed'],
  closed: [],
};

/** Beyond what a retry or a check can take: time limits, and the time that they stand in line. */
const graceMs = 15_000;

/** Timers a minute: a loop that feeds itself would have far more. */
const mostTimersAMinute = 20_000;

/** What of an upstream the checks remember. */
interface Past {
  readonly member: Member | undefined;
  kind: string;
  /** When its name last had another address than its member. */
  strayedMs: number;
}

interface Checked {
  readonly as: GatewaySettings;
  readonly sinceMs: number;
}

/** A gateway as the step before has found it. */
interface Membership {
  readonly desired: DesiredGateway;
  /** The last one in which it was so. */
  generation: number;
  readonly upstreams: readonly Upstream[];
  /** Those that took sessions then. */
  readonly members: readonly Upstream[];
}

/** What must hold after every step, whatever happens; see "What never happens" in the contract. */
export class Invariants implements ClientWatch {
  readonly #deps: InvariantDeps;
  readonly #past = new WeakMap<Upstream, Past>();
  readonly #memberships = new Map<string, Membership>();
  readonly #checkedAs = new Map<string, Checked>();
  #desired: DesiredState | undefined;
  #generation = 0;
  #minute = 0;
  #firedBefore = 0;
  /** Told by hooks, which have nobody who could catch. */
  #found: Violation | undefined;
  isClosing = false;
  /** Clients that found no member, each of them rightly. */
  refusals = 0;

  constructor(deps: InvariantDeps) {
    this.#deps = deps;
  }

  /** Between two steps. @throws Violation */
  check(): void {
    if (this.#found) throw this.#found;
    const { live, reconciler, defect } = this.#deps.plane();
    if (defect !== undefined) this.#violated(`a run failed: ${defect}`);
    live.sweep();
    this.#checkPace();
    const { current } = reconciler;
    if (current !== this.#desired) this.#checkDesired(current);
    for (const gateway of live.gateways.values()) {
      const upstreams = gateway.pool.upstreams();
      this.#checkMembership(gateway, upstreams, current?.gateways.get(gateway.name));
      this.#checkChoice(gateway, upstreams);
      for (const upstream of upstreams) this.#checkUpstream(gateway, upstream);
    }
    for (const gateway of live.leaving) {
      for (const upstream of gateway.pool.upstreams()) this.#checkUpstream(gateway, upstream);
    }
  }

  /** When nothing has gone wrong for long enough: everything is as the sources say. */
  checkConverged(setup: Setup): void {
    const { live, reconciler } = this.#deps.plane();
    const wanted = setup.gateways.map(({ name }) => name);
    this.#same('gateways', setOf([...live.gateways.keys()]), setOf(wanted));
    if (reconciler.current === undefined) this.#violated('nothing runs in a world without faults');
    for (const gateway of setup.gateways) {
      const { pool } = live.gateways.get(gateway.name) ?? this.#violated(`no ${gateway.name}`);
      const members = pool.upstreams().filter((one) => one.takesSessions);
      const truth = this.#truthFor(gateway).map(({ endpoint }) => endpoint);
      this.#same(
        `members of ${gateway.name}`,
        setOf(members.map(({ name }) => name.endpoint)),
        setOf(truth),
      );
      for (const { key, state, suspicion } of members) {
        if (state.kind !== 'healthy') this.#violated(`${key} is still ${state.kind}`);
        if (suspicion) this.#violated(`${key} is still thought ${suspicion}`);
      }
    }
  }

  observe(event: GatewayEvent): void {
    if (event.type !== 'reconciled') return;
    const { verdict } = event;
    const step = verdict.outcome === 'applied' ? 1 : 0;
    if (verdict.generation !== this.#generation + step) {
      this.#keep(`a run that was ${verdict.outcome} made generation ${verdict.generation}`);
    }
    this.#generation = verdict.generation;
  }

  refused({ gateway, startedMs, offered }: Client): void {
    this.refusals += 1;
    const usable = offered.find((upstream) => {
      const { member, strayedMs } = this.#pastOf(upstream);
      if (member?.upSinceMs === undefined || member.upSinceMs > startedMs) return false;
      const wasFound = strayedMs < startedMs;
      return wasFound && this.#isFoundAt(upstream, member) && upstream.takesSessions;
    });
    if (usable) this.#keep(`${gateway.name} refused a client while ${usable.key} was there for it`);
  }

  closed({ gateway, upstream, member, sentAtMs }: ClientSession, end: SessionEnd): void {
    const { onEject, drainTimeoutMs, rebalance } = gateway.pool.settings;
    const { state } = upstream;
    const wasUp = member?.upSinceMs !== undefined && member.upSinceMs <= sentAtMs;
    const lastedMs = this.#deps.clock.nowMs() - state.sinceMs;
    const reasons: Partial<Record<SessionEnd, boolean>> = {
      ejected: onEject === 'close' && state.kind === 'ejected' && gateway.pool.hasHealthy,
      'drain-timeout':
        state.kind === 'draining' && drainTimeoutMs > 0 && lastedMs >= drainTimeoutMs - 1,
      'first-byte-timeout': !wasUp,
      rebalanced: rebalance !== undefined,
      shutdown: this.isClosing,
    };
    if (reasons[end] !== true) this.#keep(`a session on ${upstream.key} was closed: ${end}`);
  }

  /** What is left when everything is closed. */
  checkClosed(): void {
    if (this.#found) throw this.#found;
    const { pending } = this.#deps.clock;
    if (pending > 0) this.#violated(`${pending} timers outlive their owners`);
  }

  /** The process never spins. */
  #checkPace(): void {
    const { clock } = this.#deps;
    const minute = Math.floor(clock.nowMs() / 60_000);
    if (minute === this.#minute) return;
    const fired = clock.fired - this.#firedBefore;
    const minutes = minute - this.#minute;
    this.#minute = minute;
    this.#firedBefore = clock.fired;
    if (fired > mostTimersAMinute * minutes) this.#violated(`${fired} timers in ${minutes} min`);
  }

  /** A set that nobody has written or answered is never used, and no set is emptied by silence. */
  #checkDesired(current: DesiredState | undefined): void {
    const { reconciler } = this.#deps.plane();
    for (const gateway of current?.gateways.values() ?? []) {
      const keys = gateway.endpoints.map(endpointKey);
      const before = this.#desired?.gateways.get(gateway.name)?.endpoints ?? [];
      if (keys.length === 0 && before.length > 0) this.#violated(`${gateway.name} was emptied`);
      const written = reconciler.accepted?.config.gateways.find((one) => one.name === gateway.name);
      const known = [before, written?.endpoints ?? []].map((each) => setOf(each.map(endpointKey)));
      const set = setOf(keys);
      const { dns, members } = this.#deps;
      const said = [...known, ...dns.history, ...members.history];
      const isTrue = said.some((each) => isThatBeside(each, set, setOf(before.map(endpointKey))));
      if (!isTrue) this.#violated(`${gateway.name} uses ${set}, which no source has ever said`);
    }
    this.#desired = current;
  }

  /** Applying gives what is desired, and who stays is the same object as before. */
  #checkMembership(
    { name }: PoolGateway,
    upstreams: readonly Upstream[],
    desired: DesiredGateway | undefined,
  ): void {
    if (!desired) this.#violated(`${name} runs and nobody wants it`);
    const before = this.#memberships.get(name);
    if (before?.desired === desired && sameItems(before.upstreams, upstreams)) {
      before.generation = this.#generation;
      return;
    }
    const members = upstreams.filter((one) => one.takesSessions);
    // an address that is not proven yet stands beside the one before it
    const keys = setOf([...new Set(members.map(({ name: { endpoint } }) => endpoint))]);
    this.#same(`members of ${name}`, keys, setOf(desired.endpoints.map(endpointKey)));
    const generation = this.#generation;
    for (const old of before && generation - before.generation < 2 ? before.members : []) {
      const now = members.find(({ key }) => key === old.key);
      if (now && now !== old) this.#violated(`${old.key} lost its history`);
    }
    this.#memberships.set(name, { desired, generation, upstreams, members });
  }

  /** The picker knows what the pool knows. */
  #checkChoice({ name, pool }: PoolGateway, upstreams: readonly Upstream[]): void {
    const preferred = pool.picker.preferred();
    if (pool.hasHealthy && preferred.some(({ state }) => state.kind !== 'healthy')) {
      this.#violated(`${name} prefers an unhealthy upstream to a healthy one`);
    }
    const some = upstreams.some((one) => one.takesSessions);
    if (some && preferred.length === 0) this.#violated(`${name} has upstreams and offers none`);
  }

  #checkUpstream(gateway: PoolGateway, upstream: Upstream): void {
    const past = this.#pastOf(upstream);
    const { state } = upstream;
    if (state.kind !== past.kind && moves[past.kind]?.includes(state.kind) !== true) {
      this.#violated(`${upstream.key} went from ${past.kind} to ${state.kind}`);
    }
    past.kind = state.kind;
    const { member } = past;
    const nowMs = this.#deps.clock.nowMs();
    if (!member || !this.#isFoundAt(upstream, member)) past.strayedMs = nowMs;
    if (state.kind !== 'ejected' || member?.upSinceMs === undefined) return;
    const sinceMs = Math.max(
      ...[state.sinceMs, member.upSinceMs, past.strayedMs, this.#checkedSince(gateway)],
    );
    const { retryDelayMs, healthCheck } = gateway.pool.settings;
    const limitMs =
      2 * retryDelayMs + 2 * (healthCheck.rise + 1) * healthCheck.intervalMs + graceMs;
    if (nowMs - sinceMs > limitMs) this.#violated(`${upstream.key} is well and does not return`);
  }

  /** Since when a gateway's checks have had their settings. */
  #checkedSince({ name, pool }: PoolGateway): number {
    const known = this.#checkedAs.get(name);
    if (known?.as === pool.settings) return known.sinceMs;
    const as = pool.settings;
    const isSame = isDeepStrictEqual(known?.as.healthCheck, as.healthCheck);
    const sinceMs = known && isSame ? known.sinceMs : this.#deps.clock.nowMs();
    this.#checkedAs.set(name, { as, sinceMs });
    return sinceMs;
  }

  #truthFor({ follows, endpoints }: GatewaySetup): readonly { readonly endpoint: string }[] {
    if (follows === 'file') return endpoints.map((endpoint) => ({ endpoint }));
    if (follows !== 'srv') return this.#deps.members.listed;
    return this.#deps.dns.srv.map(({ target, port }) => ({ endpoint: `${target}:${port}` }));
  }

  #pastOf(upstream: Upstream): Past {
    const known = this.#past.get(upstream);
    if (known) return known;
    const member = this.#deps.members.all.find(
      ({ endpoint }) => endpoint === upstream.name.endpoint,
    );
    const past = { member, kind: upstream.state.kind, strayedMs: this.#deps.clock.nowMs() };
    this.#past.set(upstream, past);
    return past;
  }

  #isFoundAt(upstream: Upstream, { address }: Member): boolean {
    return upstream.address?.kind === 'tcp' && upstream.address.host === address;
  }

  #same(what: string, are: string, shouldBe: string): void {
    if (are !== shouldBe) this.#violated(`${what} are ${are || 'none'} instead of ${shouldBe}`);
  }

  #keep(what: string): void {
    this.#found ??= new Violation(what, this.#deps.clock.nowMs());
  }

  #violated(what: string): never {
    throw new Violation(what, this.#deps.clock.nowMs());
  }
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Whether `set` is what a source has said, be it beside what ran before: see `Takeover`. */
function isThatBeside(said: string, set: string, before: string): boolean {
  if (said === set) return true;
  const both = new Set(`${said} ${before}`.trim().split(/\s+/));
  return setOf([...both]) === set;
}
