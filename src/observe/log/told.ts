/** Remembers what has been told of each thing, so that the same is not told twice. */
export class ToldOnce {
  readonly #told = new Map<string, string>();

  /** Whether `what` differs from what was told of `key` last; remembers it. */
  isNews(key: string, what: string): boolean {
    if (this.#told.get(key) === what) return false;
    this.#told.delete(key);
    if (this.#told.size >= mostKeys) this.#forgetOldest();
    this.#told.set(key, what);
    return true;
  }

  /** Returns whether there was something to forget. */
  forget(key: string): boolean {
    return this.#told.delete(key);
  }

  forgetAll(prefix: string): void {
    for (const key of this.#told.keys()) if (key.startsWith(prefix)) this.#told.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#told.keys()) return void this.#told.delete(key);
  }
}

/** Keys hold names from DNS: their number is not ours to choose. */
const mostKeys = 10_000;
