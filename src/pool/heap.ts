/** What a heap orders; its place there belongs to the heap. */
export interface HeapEntry {
  place: number;
}

/** A binary heap of entries whose order may change: each change takes logarithmic time. */
export class Heap<T extends HeapEntry> {
  readonly #entries: T[];
  readonly #isBefore: (a: T, b: T) => boolean;

  /** Takes linear time (Floyd, "Algorithm 245: Treesort", 1964). */
  constructor(entries: readonly T[], isBefore: (a: T, b: T) => boolean) {
    this.#entries = [...entries];
    this.#isBefore = isBefore;
    this.#entries.forEach((entry, place) => (entry.place = place));
    const parents = this.#entries.slice(0, this.#entries.length >> 1);
    for (const parent of parents.reverse()) this.#sink(parent);
  }

  /** None is before it. */
  get first(): T | undefined {
    return this.#entries[0];
  }

  /** To be called after each change of what an entry is ordered by. */
  changed(entry: T): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: T): void {
    let place = entry.place;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#entries[above];
      if (!parent || !this.#isBefore(entry, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(entry, place);
  }

  #sink(entry: T): void {
    let place = entry.place;
    for (;;) {
      const child = this.#firstBelow(place);
      if (!child || !this.#isBefore(child, entry)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(entry, place);
  }

  #firstBelow(place: number): T | undefined {
    const left = this.#entries[2 * place + 1];
    const right = this.#entries[2 * place + 2];
    return left && right && this.#isBefore(right, left) ? right : left;
  }

  #put(entry: T, place: number): void {
    this.#entries[place] = entry;
    entry.place = place;
  }
}
