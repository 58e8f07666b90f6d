import type { MessagePort, Worker } from 'node:worker_threads';

import { GatewayError, errorMessage, type GatewayErrorOptions } from '../model/errors.js';

/** Either end of what connects two threads. */
export interface Port {
  postMessage(message: unknown): void;
  onMessage(listener: (message: never) => void): void;
}

export function portOf(end: MessagePort | Worker): Port {
  return {
    postMessage: (message) => end.postMessage(message),
    onMessage: (listener) => void end.on('message', listener as (message: unknown) => void),
  };
}

/** Runs something at the end of this turn of the thread's loop. */
export type Soon = (work: () => void) => void;

/** What one end does for the other: methods that take and return plain data. */
export type Methods<T> = {
  readonly [K in keyof T]: (...args: never[]) => unknown;
};

/** Methods as an end has them: after its arguments each is given a signal, aborted when its caller gives up. */
export type Handlers<T extends Methods<T>> = {
  readonly [K in keyof T]: (
    ...args: [...Parameters<T[K]>, AbortSignal]
  ) => ReturnType<T[K]> | Promise<Awaited<ReturnType<T[K]>>>;
};

interface PlainError extends Pick<GatewayErrorOptions, 'code' | 'side'> {
  readonly message: string;
}

type Message =
  | {
      readonly kind: 'call';
      /** Undefined: nobody waits for an answer. */
      readonly id: number | undefined;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };

/** Messages that are sent in one turn. */
const mostAtOnce = 500;

/** How long one turn's messages are worked on. */
const longestTurnMs = 1;

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Calls between two threads, in order, those of one turn of the event loop in one message. What a
 * method throws as a GatewayError reaches the caller; any other error is a defect, and ends the
 * thread that it happens in.
 */
export class Channel<Ours extends Methods<Ours>, Theirs extends Methods<Theirs>> {
  readonly #port: Port;
  readonly #ours: Handlers<Ours>;
  readonly #pending = new Map<number, Pending>();
  /** Calls of the other end that are under way. */
  readonly #running = new Map<number, AbortController>();
  readonly #soon: Soon;
  readonly #outgoing: Message[] = [];
  readonly #incoming: Message[] = [];
  #calls = 0;

  constructor(port: Port, soon: Soon, ours: Handlers<Ours>) {
    this.#port = port;
    this.#soon = soon;
    this.#ours = ours;
    port.onMessage((messages: readonly Message[]) => {
      this.#incoming.push(...messages);
      if (this.#incoming.length === messages.length) this.#takeSome();
    });
  }

  /**
   * Rejects with a GatewayError of the method. `signal` tells the method that its caller gives up; what
   * comes of the call is still the method's to say.
   */
  call<K extends keyof Theirs & string>(
    method: K,
    args: Parameters<Theirs[K]>,
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Theirs[K]>>> {
    const id = ++this.#calls;
    const giveUp = (): void => this.#send({ kind: 'cancel', id });
    signal?.addEventListener('abort', giveUp);
    const answered = new Promise<Awaited<ReturnType<Theirs[K]>>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
    this.#send({ kind: 'call', id, method, args });
    if (signal?.aborted) giveUp();
    return answered.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  /** A call that nobody waits for. */
  tell<K extends keyof Theirs & string>(method: K, ...args: Parameters<Theirs[K]>): void {
    this.#send({ kind: 'call', id: undefined, method, args });
  }

  /** Whether something has not been sent yet. */
  get hasOutgoing(): boolean {
    return this.#outgoing.length > 0;
  }

  #send(message: Message): void {
    this.#outgoing.push(message);
    if (this.#outgoing.length === 1) this.#soon(() => this.#flush());
  }

  #flush(): void {
    this.#port.postMessage(this.#outgoing.splice(0, mostAtOnce));
    if (this.#outgoing.length > 0) this.#soon(() => this.#flush());
  }

  /** The first at once, and more in further turns where they take long. */
  #takeSome(): void {
    const endMs = performance.now() + longestTurnMs;
    let taken = 0;
    for (const message of this.#incoming) {
      this.#take(message);
      taken += 1;
      if (performance.now() > endMs) break;
    }
    this.#incoming.splice(0, taken);
    if (this.#incoming.length > 0) this.#soon(() => this.#takeSome());
  }

  #take(message: Message): void {
    switch (message.kind) {
      case 'call':
        void this.#run(message.id, message.method, message.args);
        break;
      case 'cancel':
        this.#running.get(message.id)?.abort();
        break;
      case 'done':
        this.#settle(message.id)?.resolve(message.value);
        break;
      case 'failed':
        this.#settle(message.id)?.reject(new GatewayError(message.error.message, message.error));
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  async #run(id: number | undefined, method: string, args: readonly unknown[]): Promise<void> {
    const run = this.#ours[method as keyof Ours] as unknown as (
      ...args: readonly unknown[]
    ) => unknown;
    if (id === undefined) {
      run(...args, forever);
      return;
    }
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      const value = await run(...args, abort.signal);
      this.#send({ kind: 'done', id, value });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { code, side } = error;
      this.#send({ kind: 'failed', id, error: { message: errorMessage(error), code, side } });
    } finally {
      this.#running.delete(id);
    }
  }
}

/** Of calls that nobody can give up. */
const forever = new AbortController().signal;
