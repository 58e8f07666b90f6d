/**
 * A text that takes time and memory to make, made once for all who ask at the same time: those who
 * ask while it is being made share the next one. So nobody gets a text from before he asked.
 */
export class SharedText {
  readonly #make: () => Promise<string>;
  #current: Promise<unknown> | undefined;
  #next: Promise<Buffer> | undefined;

  constructor(make: () => Promise<string>) {
    this.#make = make;
  }

  /** @throws what making it throws. */
  bytes(): Promise<Buffer> {
    if (!this.#current) return this.#begin();
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<Buffer> {
    const made = this.#make().then((text) => Buffer.from(text));
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
