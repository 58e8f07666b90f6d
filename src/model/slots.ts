/** Lets a bounded number of tasks run at a time; the others wait in turn. */
export class Slots {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `task` now or when its turn comes; `urgent` goes to the head of the queue. Rejects as `task` does. */
  async run<T>(task: () => Promise<T>, urgent = false): Promise<T> {
    await this.#take(urgent);
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  async #take(urgent: boolean): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken++;
      return;
    }
    await new Promise<void>((resolve) => {
      if (urgent) this.#waiting.unshift(resolve);
      else this.#waiting.push(resolve);
    });
  }

  /** A slot goes straight to the next in the queue, so none can slip in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
