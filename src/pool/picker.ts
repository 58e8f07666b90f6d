import type { Balancer } from '../model/config.js';
import type { Random } from '../model/ports.js';
import { LeastSessions, useOf } from './least-sessions.js';
import { weightedRing, withZeroShares } from './ring.js';
import type { Upstream } from './upstream.js';

/**
 * A frozen choice of upstreams: which ones, in which order. Only its place in the rotation moves.
 * Membership and health changes make another picker, which takes the place over.
 */
export interface Picker {
  /**
   * The upstream for a new session; undefined where none can take one. Constant time as long as few
   * are full; `least-sessions`: logarithmic in the upstreams.
   */
  pick(): Upstream | undefined;
  /** The least used by weight of those that are not full; linear in the upstreams, unless it picks so anyway. */
  pickFewest(): Upstream | undefined;
  /** To be called when a session or a dial of an upstream has ended. */
  left(upstream: Upstream): void;
  /** Those that new sessions go to now. */
  preferred(): readonly Upstream[];
  /** Of those, in their order: less than the configured ones while they start slowly. */
  weights(): readonly number[];
  /** All that could serve, best first, equals in turn from a random one: where a session goes on in the end. */
  fallbacks(): readonly Upstream[];
  /** Whose turns come next, once round; for the picker that takes over. */
  upcoming(): Iterable<Upstream>;
  /** How far round it is: from 0 to below 1. */
  readonly progress: number;
}

export interface PickerOptions {
  readonly upstreams: readonly Upstream[];
  readonly balancer: Balancer;
  readonly random: Random;
  /** Share of its weight that an upstream takes: below 1 while it starts slowly. */
  readonly share: (upstream: Upstream) => number;
  /** Whose place in the rotation it takes over; without one it begins at a random place. */
  readonly previous: Picker | undefined;
}

/**
 * Chooses among the healthy upstreams of the lowest priority number that has one; among suspected
 * ones, by priority too, if no other is left; among all, healthy or not, if none is healthy.
 */
export function createPicker(options: PickerOptions): Picker {
  const { random, share, previous } = options;
  const ranked = rank(options.upstreams);
  const weightsOf = (some: readonly Upstream[]): readonly number[] =>
    withZeroShares(
      some.map((upstream) => upstream.endpoint.weight * upstream.part * share(upstream)),
      some.map((upstream) => upstream.part),
    );
  const eligible = ranked[0] ?? [];
  if (options.balancer === 'least-sessions') {
    const preferred = rotated(eligible, random);
    return new LeastSessions(preferred, weightsOf(preferred), fallbacksOf(ranked, random));
  }
  const weights = weightsOf(eligible);
  const ring: Upstream[] = [];
  for (const index of weightedRing(weights)) {
    const upstream = eligible[index];
    if (upstream) ring.push(upstream);
  }
  const start = takeOver(ring, previous) ?? Math.floor(random() * ring.length);
  const weightOf = new Map(eligible.map((upstream, index) => [upstream, weights[index] ?? 0]));
  const fallbacks = fallbacksOf(ranked, random);
  const members = { ring, preferred: eligible, weights, weightOf, fallbacks };
  return options.balancer === 'round-robin'
    ? new RoundRobin(members, start)
    : new RandomTwo(members, start, random);
}

interface Members {
  /** One turn of the rotation. */
  readonly ring: readonly Upstream[];
  readonly preferred: readonly Upstream[];
  /** Of those preferred, in their order. */
  readonly weights: readonly number[];
  readonly weightOf: ReadonlyMap<Upstream, number>;
  readonly fallbacks: readonly Upstream[];
}

class RoundRobin implements Picker {
  readonly #ring: readonly Upstream[];
  readonly #members: Members;
  #place: number;

  constructor(members: Members, start: number) {
    this.#ring = members.ring;
    this.#members = members;
    this.#place = start;
  }

  pick(): Upstream | undefined {
    for (let tries = this.#ring.length; tries > 0; tries -= 1) {
      const upstream = this.turn();
      if (upstream && !upstream.isFull) return upstream;
    }
    return undefined;
  }

  pickFewest(): Upstream | undefined {
    let fewest: Upstream | undefined;
    for (const upstream of this.#members.preferred) {
      if (upstream.isFull) continue;
      if (!fewest || this.use(upstream) < this.use(fewest)) fewest = upstream;
    }
    return fewest;
  }

  /** Turns do not go by sessions; what does looks at them when it picks. */
  left(): void {}

  preferred(): readonly Upstream[] {
    return this.#members.preferred;
  }

  weights(): readonly number[] {
    return this.#members.weights;
  }

  fallbacks(): readonly Upstream[] {
    return this.#members.fallbacks;
  }

  *upcoming(): Iterable<Upstream> {
    yield* this.#ring.slice(this.#place);
    yield* this.#ring.slice(0, this.#place);
  }

  get progress(): number {
    return this.#place / Math.max(1, this.#ring.length);
  }

  protected turn(): Upstream | undefined {
    const upstream = this.#ring[this.#place];
    this.#place = this.#place + 1 < this.#ring.length ? this.#place + 1 : 0;
    return upstream;
  }

  protected use(upstream: Upstream): number {
    return useOf(upstream, this.#members.weightOf.get(upstream) ?? 0);
  }

  protected at(fraction: number): Upstream | undefined {
    return this.#ring[Math.floor(fraction * this.#ring.length)];
  }
}

/**
 * The less loaded of two drawn at random by weight: nearly as even as the fewest sessions, and
 * many gateways that see the same counts do not all choose the same one.
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.)
 */
class RandomTwo extends RoundRobin {
  readonly #random: Random;

  constructor(members: Members, start: number, random: Random) {
    super(members, start);
    this.#random = random;
  }

  override pick(): Upstream | undefined {
    const one = this.at(this.#random());
    const other = this.at(this.#random());
    if (!one || !other || one.isFull || other.isFull) return super.pick();
    return this.use(other) < this.use(one) ? other : one;
  }
}

/** Upstreams in groups, best first: healthy by priority, suspected by priority, then the rest. */
function rank(upstreams: readonly Upstream[]): Upstream[][] {
  const groups = new Map<number, Upstream[]>();
  for (const upstream of upstreams) {
    const place = rankOf(upstream);
    const group = groups.get(place);
    if (group) group.push(upstream);
    else groups.set(place, [upstream]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

const lastRank = Number.MAX_SAFE_INTEGER;
/** Above every priority: a healthy upstream of any is better than one that may be hung. */
const suspectedRank = 2 ** 32;

function rankOf(upstream: Upstream): number {
  if (!upstream.hasAddress) return lastRank;
  if (upstream.state.kind !== 'healthy') return lastRank - 1;
  return upstream.endpoint.priority + (upstream.suspicion ? suspectedRank : 0);
}

function fallbacksOf(ranked: readonly Upstream[][], random: Random): readonly Upstream[] {
  return Object.freeze(ranked.flatMap((group) => rotated(group, random)));
}

/** A fleet of gateways, each with few sessions, must not lean on whoever is named first. */
function rotated<T>(group: readonly T[], random: Random): readonly T[] {
  const start = Math.floor(random() * group.length);
  return start === 0 ? group : [...group.slice(start), ...group.slice(0, start)];
}

/**
 * The first of the old picker's coming turns that the new ring knows; where it has several turns,
 * the one that lies as far round as the old one: a heavy upstream's turns must not start anew.
 * Undefined if there is none.
 */
function takeOver(ring: readonly Upstream[], previous: Picker | undefined): number | undefined {
  if (!previous) return undefined;
  const members = new Set(ring);
  const from = Math.round(previous.progress * ring.length);
  for (const upstream of previous.upcoming()) {
    if (!members.has(upstream)) continue;
    const index = ring.indexOf(upstream, from);
    return index >= 0 ? index : ring.indexOf(upstream);
  }
  return undefined;
}
