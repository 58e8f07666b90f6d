import type { Observer } from '../model/events.js';

/** What stands in the way of a gateway's health checks: told when it begins, changes and is over. */
export class CheckObstacles {
  readonly #gateway: string;
  readonly #observer: Observer;
  /** By upstream; those that can be checked are not in it. */
  readonly #reasons = new Map<string, string>();
  #told: string | undefined;

  constructor(gateway: string, observer: Observer) {
    this.#gateway = gateway;
    this.#observer = observer;
  }

  /** Undefined: checks can be made. */
  get reason(): string | undefined {
    return this.#told;
  }

  /** What the checks' settings themselves say, before any is made. */
  foresee(reason: string | undefined): void {
    this.#reasons.clear();
    this.found(foreseen, reason);
  }

  /** What came of a check of one upstream; undefined: it could be made. */
  found(key: string, reason: string | undefined): void {
    this.#reasons.delete(foreseen);
    if (reason === undefined) this.#reasons.delete(key);
    else this.#reasons.set(key, reason);
    this.#tell();
  }

  forget(key: string): void {
    if (this.#reasons.delete(key)) this.#tell();
  }

  /** Without a word: there are no checks any more. */
  clear(): void {
    this.#reasons.clear();
    this.#told = undefined;
  }

  /** Reasons may differ between upstreams: what was told stands for as long as it holds for one. */
  #tell(): void {
    const gateway = this.#gateway;
    const reasons = [...this.#reasons.values()];
    const reason = reasons.at(-1);
    if (this.#told === undefined ? reason === undefined : reasons.includes(this.#told)) return;
    this.#told = reason;
    if (reason === undefined) this.#observer({ type: 'checks-possible', gateway });
    else this.#observer({ type: 'checks-impossible', gateway, reason });
  }
}

/** No upstream's key: those are addresses. */
const foreseen = '';
