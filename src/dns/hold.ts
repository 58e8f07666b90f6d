/**
 * What a server's answers name, and what has left them less than `dns.hold` ago: some servers name
 * only a few of many, at random.
 */
export class Hold<T> {
  readonly #keyOf: (item: T) => string;
  #named: ReadonlyMap<string, T> = new Map();
  readonly #left = new Map<string, { readonly item: T; readonly sinceMs: number }>();

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  /** `refused`: keys that are named, but must not be used; they are not held either. */
  answer(items: readonly T[], nowMs: number, refused: readonly string[] = []): void {
    const named = new Map(items.map((item) => [this.#keyOf(item), item]));
    for (const [key, item] of this.#named) this.#left.set(key, { item, sinceMs: nowMs });
    for (const key of [...named.keys(), ...refused]) this.#left.delete(key);
    this.#named = named;
  }

  /** The latest answer's, then those that are held. */
  items(nowMs: number, holdMs: number): readonly T[] {
    for (const [key, { sinceMs }] of this.#left) {
      if (nowMs - sinceMs >= holdMs) this.#left.delete(key);
    }
    return [...this.#named.values(), ...Array.from(this.#left.values(), ({ item }) => item)];
  }

  /** Until `items` has fewer; undefined: nothing is held. */
  endsInMs(nowMs: number, holdMs: number): number | undefined {
    let endsInMs: number | undefined;
    for (const { sinceMs } of this.#left.values()) {
      endsInMs = Math.min(endsInMs ?? Infinity, Math.max(0, sinceMs + holdMs - nowMs));
    }
    return endsInMs;
  }
}
