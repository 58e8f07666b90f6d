/**
 * A result that takes time and memory to make, made once for all who ask at the same time: those who
 * ask while it is being made share the next one. So nobody gets a result from before he asked.
 */
export class Shared<T> {
  readonly #make: () => Promise<T>;
  #current: Promise<unknown> | undefined;
  #next: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  /** @throws what making it throws. */
  get(): Promise<T> {
    if (!this.#current) return this.#begin();
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<T> {
    const made = this.#make();
    const current = made.then(
      () => undefined,
      () => undefined, // those who asked are told
    );
    this.#current = current;
    void current.then(() => {
      if (this.#current === current) this.#current = undefined;
    });
    return made;
  }
}
