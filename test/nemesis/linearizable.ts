import type { Call, History, Operation, Result, Value } from './history.js';

export type Verdict =
  | { readonly kind: 'linearizable' }
  /** `stuck`: of all orders tried, the longest one could not be continued by any of these. */
  | { readonly kind: 'not-linearizable'; readonly stuck: History }
  | { readonly kind: 'undecided'; readonly steps: number };

export interface LinearizeOptions {
  /** Orders are tried until this many steps; then the verdict is `undecided`. */
  readonly maxSteps?: number;
}

/**
 * Decides whether there is an order of the operations of one register, new at the beginning, in which each takes effect at
 * one moment between its call and its return, and every result is right.
 *
 * Wing and Gong's search ("Testing and Verifying Concurrent Objects", JPDC 17, 1993) with Lowe's
 * memory of the configurations that led nowhere ("Testing for Linearizability", CCPE 29(4), 2017).
 * Registers are judged one by one, as Horn and Kroening show to be enough ("Faster Linearizability
 * Checking via P-Compositionality", FORTE 2015).
 *
 * An operation of unknown outcome has no return: it may take effect at any time after its call, and
 * need not. One whose value nobody has met is left out beforehand, which changes no verdict: between
 * its effect and the next write lies no operation that would have seen it.
 */
export function linearize(
  history: History,
  { maxSteps = 5_000_000 }: LinearizeOptions = {},
): Verdict {
  return new Search(withoutUnseen(history), maxSteps).run();
}

/** What an operation makes of a register; `undefined`: it cannot take effect there as it did. */
export function apply(call: Call, result: Result | undefined, state: Value): Applied | undefined {
  switch (call.kind) {
    case 'read':
      return result?.kind === 'read' && result.value === state ? { state } : undefined;
    case 'write':
      return { state: call.value };
    case 'cas':
      if (result?.kind === 'differs') {
        return result.value === state && state !== call.expected ? { state } : undefined;
      }
      return state === call.expected ? { state: call.value } : undefined;
  }
}

export interface Applied {
  readonly state: Value;
}

function withoutUnseen(history: History): History {
  const seen = new Set<Value>();
  for (const { call, result } of history) {
    if (result?.kind === 'read' || result?.kind === 'differs') seen.add(result.value);
    if (call.kind === 'cas') seen.add(call.expected);
  }
  return history.filter(
    ({ call, result }) => result !== undefined || (call.kind !== 'read' && seen.has(call.value)),
  );
}

/** A call or a return in the order of time; a doubly linked list, from which calls are lifted. */
interface Entry {
  readonly index: number;
  readonly operation: Operation;
  readonly kind: 'call' | 'return';
  /** Of a call whose outcome is known. */
  partner: Entry | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

interface Choice {
  readonly entry: Entry;
  /** Before it. */
  readonly state: Value;
}

class Search {
  readonly #head: Entry;
  readonly #maxSteps: number;
  readonly #choices: Choice[] = [];
  readonly #visited = new Set<string>();
  /** A bit for each operation that has taken effect. */
  readonly #done: Uint32Array;
  #state: Value = undefined;
  /** Operations of known outcome that have not taken effect yet. */
  #left: number;
  #fewestLeft = Infinity;
  #stuck: History = [];

  constructor(history: History, maxSteps: number) {
    this.#head = listOf(history);
    this.#maxSteps = maxSteps;
    this.#done = new Uint32Array(Math.ceil(history.length / 32));
    this.#left = history.filter(({ result }) => result !== undefined).length;
  }

  run(): Verdict {
    let entry = this.#head.next;
    for (let steps = 0; this.#left > 0; steps++) {
      if (steps >= this.#maxSteps) return { kind: 'undecided', steps };
      if (entry?.kind === 'call') {
        entry = this.#choose(entry) ? this.#head.next : entry.next;
        continue;
      }
      // A return: its operation should have taken effect by now. Another choice is needed.
      this.#noteStuck();
      const last = this.#choices.pop();
      if (last === undefined) return { kind: 'not-linearizable', stuck: this.#stuck };
      entry = this.#undo(last);
    }
    return { kind: 'linearizable' };
  }

  /** Lets the operation take effect now, if it can and if that has not been tried before. */
  #choose(entry: Entry): boolean {
    const { call, result } = entry.operation;
    const applied = apply(call, result, this.#state);
    if (applied === undefined) return false;
    this.#flip(entry.index);
    const configuration = `${this.#done.join()} ${JSON.stringify(applied.state)}`;
    if (this.#visited.has(configuration)) {
      this.#flip(entry.index);
      return false;
    }
    this.#visited.add(configuration);
    this.#choices.push({ entry, state: this.#state });
    this.#state = applied.state;
    if (result !== undefined) this.#left -= 1;
    lift(entry);
    return true;
  }

  #undo({ entry, state }: Choice): Entry | undefined {
    unlift(entry);
    if (entry.operation.result !== undefined) this.#left += 1;
    this.#state = state;
    this.#flip(entry.index);
    return entry.next;
  }

  #flip(index: number): void {
    const word = index >>> 5;
    this.#done[word] = (this.#done[word] ?? 0) ^ (1 << (index & 31));
  }

  #noteStuck(): void {
    if (this.#left >= this.#fewestLeft) return;
    this.#fewestLeft = this.#left;
    const stuck: Operation[] = [];
    for (let entry = this.#head.next; entry?.kind === 'call'; entry = entry.next) {
      stuck.push(entry.operation);
    }
    this.#stuck = stuck;
  }
}

function listOf(history: History): Entry {
  const entries = history.flatMap((operation, index) => entriesOf(operation, index));
  entries.sort((a, b) => timeOf(a) - timeOf(b) || order(a) - order(b));
  const head = entry(-1, { client: '', call: { kind: 'read' }, calledMs: -Infinity }, 'call');
  let last = head;
  for (const each of entries) {
    last.next = each;
    each.previous = last;
    last = each;
  }
  return head;
}

function entriesOf(operation: Operation, index: number): Entry[] {
  const call = entry(index, operation, 'call');
  if (operation.result === undefined) return [call];
  call.partner = entry(index, operation, 'return');
  return [call, call.partner];
}

function entry(index: number, operation: Operation, kind: Entry['kind']): Entry {
  return { index, operation, kind, partner: undefined, previous: undefined, next: undefined };
}

function timeOf({ kind, operation }: Entry): number {
  return kind === 'call' ? operation.calledMs : (operation.returnedMs ?? Infinity);
}

/** Of one moment: what begins then overlaps with what ends then. */
function order({ kind }: Entry): number {
  return kind === 'call' ? 0 : 1;
}

function lift(entry: Entry): void {
  unlink(entry);
  if (entry.partner !== undefined) unlink(entry.partner);
}

function unlift(entry: Entry): void {
  if (entry.partner !== undefined) link(entry.partner);
  link(entry);
}

function unlink(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry.next;
  if (entry.next !== undefined) entry.next.previous = entry.previous;
}

function link(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry;
  if (entry.next !== undefined) entry.next.previous = entry;
}
