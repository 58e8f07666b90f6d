/** A register's content; `undefined`: never written. */
export type Value = string | undefined;

/** What a client asked of a register. */
export type Call =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: string }
  | { readonly kind: 'cas'; readonly expected: Value; readonly value: string };

/** What it was told. A refused `cas` tells what stood there instead. */
export type Result =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'written' }
  | { readonly kind: 'swapped' }
  | { readonly kind: 'differs'; readonly value: Value };

/** One call with its time on one monotonic clock, in ms. */
export interface Operation {
  readonly client: string;
  readonly call: Call;
  readonly calledMs: number;
  /** Absent: the outcome is unknown; it may have happened, at any later time, or never. */
  readonly result?: Result;
  /** Of the result. */
  readonly returnedMs?: number;
}

/** Values of one register's writes are all different, which `linearize` makes use of. */
export type History = readonly Operation[];

/** Records one register's operations as they go on. */
export class Recorder {
  readonly operations: Operation[] = [];
  /** Calls so far, those under way among them. */
  calls = 0;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * An error of `ask` means that the outcome is unknown. A read without an outcome leaves no trace:
   * it has changed nothing.
   */
  async record(
    client: string,
    call: Call,
    ask: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const calledMs = this.#nowMs();
    this.calls += 1;
    try {
      const result = await ask();
      this.operations.push({ client, call, calledMs, result, returnedMs: this.#nowMs() });
      return result;
    } catch {
      if (call.kind !== 'read') this.operations.push({ client, call, calledMs });
      return undefined;
    }
  }
}
