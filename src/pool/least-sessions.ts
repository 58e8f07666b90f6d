import { Heap, type HeapEntry } from './heap.js';
import type { Upstream } from './upstream.js';

/** Bounds the use where a share comes close to 0; weights of 0 have been given theirs by now. */
const leastWeight = 1e-6;

/** How far an upstream would be used with one session more. */
export function useOf(upstream: Upstream, weight: number): number {
  return (upstream.load + 1) / Math.max(weight, leastWeight);
}

interface Entry extends HeapEntry {
  readonly upstream: Upstream;
  readonly weight: number;
  /** Among equals that were never picked. */
  readonly index: number;
  /** As of the last look; infinite for one that is full. */
  use: number;
  /** The number of its latest pick. */
  turn: number;
}

/**
 * The fewest sessions by weight; of equals the one that was picked longest ago. Logarithmic in the
 * upstreams: they stand in a heap by the use that was last seen of them. More use than that is found
 * out when one comes to the top; less has to be told, by `left`.
 */
export class LeastSessions {
  /** It is nowhere in a ring: its turns are noted with the upstreams. */
  readonly progress = 0;
  readonly #preferred: readonly Upstream[];
  readonly #weights: readonly number[];
  readonly #fallbacks: readonly Upstream[];
  readonly #entries = new Map<Upstream, Entry>();
  readonly #heap: Heap<Entry>;
  #turn = 0;

  /** `weights`: of those preferred, in their order. */
  constructor(
    preferred: readonly Upstream[],
    weights: readonly number[],
    fallbacks: readonly Upstream[],
  ) {
    this.#preferred = preferred;
    this.#weights = weights;
    this.#fallbacks = fallbacks;
    preferred.forEach((upstream, index) => {
      const weight = weights[index] ?? 0;
      const turn = upstream.latestTurn;
      this.#entries.set(upstream, { upstream, weight, index, turn, use: 0, place: 0 });
    });
    for (const entry of this.#entries.values()) entry.use = useNow(entry);
    for (const { latestTurn } of fallbacks) this.#turn = Math.max(this.#turn, latestTurn);
    this.#heap = new Heap([...this.#entries.values()], isBefore);
  }

  pick(): Upstream | undefined {
    let first = this.#heap.first;
    while (first && this.#look(first)) first = this.#heap.first;
    if (!first || first.use === Infinity) return undefined;
    this.#turn += 1;
    first.turn = first.upstream.latestTurn = this.#turn;
    this.#heap.changed(first);
    return first.upstream;
  }

  pickFewest(): Upstream | undefined {
    return this.pick();
  }

  /** All addresses of a name may have been full. */
  left({ group }: Upstream): void {
    for (const upstream of group.members) {
      const entry = this.#entries.get(upstream);
      if (entry) this.#look(entry);
    }
  }

  preferred(): readonly Upstream[] {
    return this.#preferred;
  }

  weights(): readonly number[] {
    return this.#weights;
  }

  fallbacks(): readonly Upstream[] {
    return this.#fallbacks;
  }

  upcoming(): Iterable<Upstream> {
    return [...this.#preferred].sort((a, b) => a.latestTurn - b.latestTurn);
  }

  /** Whether its use has changed since the last look. */
  #look(entry: Entry): boolean {
    const use = useNow(entry);
    if (use === entry.use) return false;
    entry.use = use;
    this.#heap.changed(entry);
    return true;
  }
}

function useNow({ upstream, weight }: Entry): number {
  return upstream.isFull ? Infinity : useOf(upstream, weight);
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.use !== b.use) return a.use < b.use;
  return a.turn === b.turn ? a.index < b.index : a.turn < b.turn;
}
