import { isDeepStrictEqual } from 'node:util';

import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Fields, GatewayEvent } from '../model/events.js';
import { jittered } from '../model/jitter.js';
import type { Clock, EndpointSnapshot, Random } from '../model/ports.js';
import { AttemptLoop } from './members-loop.js';

export interface TakeoverOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** What new sessions go to now. */
  readonly running: () => readonly Endpoint[];
  /** Why none of these takes a connection; undefined: one does. Never rejects. */
  readonly whyUnreachable: (
    endpoints: readonly Endpoint[],
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  /** `snapshot` is another one. */
  readonly changed: () => void;
  /** Calls with each other `problem`, and with undefined when it is over. */
  readonly told: (problem: string | undefined) => void;
}

const firstBackoffMs = 500;
const longestBackoffMs = 5_000;

/**
 * An answer that leads nowhere replaces nothing: it takes over once one of its endpoints has taken a
 * connection. Until then the answer before it stands. It takes over at once where it takes nothing
 * out of what runs. Where neither the answer nor what runs takes a connection, both are used.
 */
export class Takeover {
  readonly #options: TakeoverOptions;
  /** The latest answer. */
  #offered: EndpointSnapshot | undefined;
  #taken: EndpointSnapshot | undefined;
  #loop: AttemptLoop | undefined;
  #failures = 0;
  #problem: string | undefined;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** The answer to use; undefined: there is none yet. */
  get snapshot(): EndpointSnapshot | undefined {
    return this.#taken;
  }

  /** Why the latest answer is not used. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes the answer of now; undefined: there is none any more. */
  offer(answer: EndpointSnapshot | undefined): void {
    if (isDeepStrictEqual(answer, this.#offered)) return;
    this.#offered = answer;
    void this.#endLoop();
    if (answer && this.#takesOut(answer)) this.#begin(answer);
    else this.#take(answer);
  }

  /** Tries now whether a waiting answer leads somewhere. */
  refresh(): void {
    this.#loop?.now();
  }

  /** Resolves when the latest answer has been tried once, or needs no trying. Never rejects. */
  async settled(): Promise<void> {
    await this.#loop?.settled();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#endLoop();
  }

  #takesOut({ endpoints }: EndpointSnapshot): boolean {
    const named = new Set(endpoints.map(endpointKey));
    return this.#options.running().some((endpoint) => !named.has(endpointKey(endpoint)));
  }

  #begin(answer: EndpointSnapshot): void {
    this.#failures = 0;
    this.#loop = new AttemptLoop(this.#options.clock, (signal) => this.#attempt(answer, signal));
    this.#loop.now();
  }

  async #attempt(answer: EndpointSnapshot, signal: AbortSignal): Promise<number> {
    const { whyUnreachable, running, random } = this.#options;
    const problem = await whyUnreachable(answer.endpoints, signal);
    if (isOver(signal)) return 0;
    if (problem === undefined) {
      void this.#endLoop();
      this.#take(answer);
      return 0;
    }
    this.#tell(problem);
    const others = withoutThose(running(), answer.endpoints);
    const isWorse = others.length > 0 && (await whyUnreachable(others, signal)) === undefined;
    if (isOver(signal)) return 0;
    if (!isWorse) this.#use({ endpoints: Object.freeze([...answer.endpoints, ...others]) });
    const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return Math.round(jittered(backoffMs, random));
  }

  #take(answer: EndpointSnapshot | undefined): void {
    this.#tell(undefined);
    this.#use(answer);
  }

  #use(answer: EndpointSnapshot | undefined): void {
    if (isDeepStrictEqual(answer, this.#taken)) return;
    this.#taken = answer;
    this.#options.changed();
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.told(problem);
  }

  async #endLoop(): Promise<void> {
    const loop = this.#loop;
    this.#loop = undefined;
    await loop?.close();
  }
}

/** Asked after each wait. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** What `told` is told to others with. */
export function takeoverNotice(where: Fields, problem: string | undefined): GatewayEvent {
  if (problem === undefined) {
    const message = 'the latest answer leads somewhere again';
    return { type: 'notice', level: 'info', message, fields: where };
  }
  const message = 'an answer leads nowhere, what served before goes on';
  return { type: 'notice', level: 'warn', message, fields: { ...where, reason: problem } };
}

function withoutThose(
  endpoints: readonly Endpoint[],
  those: readonly Endpoint[],
): readonly Endpoint[] {
  const keys = new Set(those.map(endpointKey));
  return endpoints.filter((endpoint) => !keys.has(endpointKey(endpoint)));
}
