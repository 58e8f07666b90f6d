import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../../src/model/ports.js';
import type { EtcdClient } from './client.js';
import { Recorder, type Call, type History, type Result, type Value } from './history.js';
import { linearize } from './linearizable.js';

/** Short histories are judged quickly, and unknown outcomes do not pile up. */
const callsPerRegister = 200;

/** Between two calls of one client. */
const pauseMs = 60;

/** Clients that use one register together; after some calls they go on to another, new one. */
export class RegisterGroup {
  readonly #name: string;
  readonly #clients: readonly EtcdClient[];
  readonly #random: Random;
  readonly #registers = new Map<string, Recorder>();
  #latest: [string, Recorder] | undefined;
  #values = 0;

  constructor(name: string, clients: readonly EtcdClient[], random: Random) {
    this.#name = name;
    this.#clients = clients;
    this.#random = random;
  }

  /** By key. */
  get histories(): ReadonlyMap<string, History> {
    return new Map([...this.#registers].map(([key, { operations }]) => [key, operations]));
  }

  async run(stop: AbortSignal): Promise<void> {
    await Promise.all(this.#clients.map(async (client, index) => this.#use(client, index, stop)));
  }

  async #use(client: EtcdClient, index: number, stop: AbortSignal): Promise<void> {
    let [seen, key]: [Value, string] = [undefined, ''];
    while (!stop.aborted) {
      const [current, register] = this.#current();
      if (current !== key) [seen, key] = [undefined, current];
      const call = this.#call(seen);
      const ask = async (): Promise<Result> => perform(client, key, call);
      seen = valueAfter(call, await register.record(`${this.#name}${index}`, call, ask), seen);
      await sleep(pauseMs);
    }
  }

  /** The register of now: the next one, when the last one has had its calls. */
  #current(): [string, Recorder] {
    if (this.#latest !== undefined && this.#latest[1].calls < callsPerRegister) return this.#latest;
    const key = `registers/${this.#name}/${this.#registers.size}`;
    const recorder = new Recorder(() => performance.now());
    this.#registers.set(key, recorder);
    this.#latest = [key, recorder];
    return this.#latest;
  }

  #call(seen: Value): Call {
    const chance = this.#random();
    if (chance < 0.4) return { kind: 'read' };
    const value = `${this.#name}-${++this.#values}`;
    if (chance < 0.6) return { kind: 'write', value };
    return { kind: 'cas', expected: seen, value };
  }
}

async function perform(client: EtcdClient, key: string, call: Call): Promise<Result> {
  switch (call.kind) {
    case 'read':
      return { kind: 'read', value: await client.get(key) };
    case 'write':
      await client.put(key, call.value);
      return { kind: 'written' };
    case 'cas':
      return client.cas(key, call.expected, call.value);
  }
}

/** What the client believes to stand there now. */
function valueAfter(call: Call, result: Result | undefined, before: Value): Value {
  if (result?.kind === 'read' || result?.kind === 'differs') return result.value;
  return result === undefined || call.kind === 'read' ? before : call.value;
}

/** @returns a sentence for each history that is not linearizable, or could not be judged. */
export function unorderable(histories: ReadonlyMap<string, History>): string[] {
  return [...histories].flatMap(([key, history]) => {
    const verdict = linearize(history);
    if (verdict.kind === 'linearizable') return [];
    if (verdict.kind === 'undecided') return [`${key}: no verdict after ${verdict.steps} steps`];
    const stuck = verdict.stuck.map((operation) => JSON.stringify(operation)).join('\n    ');
    return [`${key} is not linearizable; none of these could come next:\n    ${stuck}`];
  });
}
