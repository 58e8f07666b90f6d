/** An open file descriptor with one owner. Its number is valid until the owner closes it. */
export class Descriptor {
  /** One that was never open. */
  static readonly none = Descriptor.#closed();

  #number: number;

  constructor(number: number) {
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`no descriptor: ${number}`);
    this.#number = number;
  }

  static #closed(): Descriptor {
    const descriptor = new Descriptor(0);
    descriptor.release();
    return descriptor;
  }

  get isOpen(): boolean {
    return this.#number >= 0;
  }

  /** @throws Error once it is closed: the kernel may have given the number to another file. */
  get number(): number {
    if (this.#number < 0) throw new Error('a closed descriptor was used');
    return this.#number;
  }

  /** Ends its validity; returns the number, which the caller has to close. */
  release(): number {
    const { number } = this;
    this.#number = -1;
    return number;
  }
}
