/** Endpoints that a person drains at run time, until it is taken back or the process ends. */
export class HandDrains {
  readonly #names = new Set<string>();

  /** Both as `status` shows them. */
  has(gateway: string, endpoint: string): boolean {
    return this.#names.has(`${gateway}/${endpoint}`);
  }

  set(gateway: string, endpoint: string, isDrained: boolean): void {
    const name = `${gateway}/${endpoint}`;
    if (isDrained) this.#names.add(name);
    else this.#names.delete(name);
  }

  /** `gateway/endpoint` each. */
  names(): readonly string[] {
    return [...this.#names];
  }
}
