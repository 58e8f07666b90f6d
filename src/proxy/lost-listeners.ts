import { formatAddress } from '../model/address.js';
import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type { Clock, Timer } from '../model/ports.js';
import type { Listener } from './listener.js';

const retryMs = 1_000;

export interface LostListenersOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  /** Its address is bound again. */
  readonly back: (listener: Listener) => void;
}

/**
 * Listeners whose address another process has taken, as when a reload had let it go and was undone, or
 * whose socket's file is gone. They are tried again until they are back or no longer wanted.
 */
export class LostListeners {
  readonly #options: LostListenersOptions;
  /** Each with why it could not be bound the last time. */
  readonly #lost = new Map<Listener, string>();
  #timer: Timer | undefined;
  #attempt: Promise<void> | undefined;
  #isPaused = false;

  constructor(options: LostListenersOptions) {
    this.#options = options;
  }

  /** A closed listener, and why it could not be bound or is lost. */
  add(listener: Listener, reason: string): void {
    this.#lost.set(listener, reason);
    const fields = { listener: formatAddress(listener.address), reason };
    const message = 'a listener is lost, its address is tried again every second';
    this.#options.observer({ type: 'notice', level: 'error', message, fields });
    this.#schedule();
  }

  /** Tries all of them at once, unless paused. Never rejects. */
  async tryNow(): Promise<void> {
    if (this.#isPaused) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#attempt ??= this.#tryAll();
    await this.#attempt;
  }

  /** Why each of them is: a sentence with its address. */
  get reasons(): readonly string[] {
    return [...this.#lost.values()];
  }

  /** Whether the listener at the address, as `formatAddress` writes it, is lost. */
  has(address: string): boolean {
    return [...this.#lost.keys()].some((listener) => formatAddress(listener.address) === address);
  }

  /** Nothing is bound between this and `resume`: a plan may want the same addresses. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#attempt;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isPaused || this.#lost.size === 0 || this.#attempt) return;
    this.#timer ??= this.#options.clock.setTimer(retryMs, () => {
      this.#timer = undefined;
      this.#attempt = this.#tryAll();
    });
  }

  /** Goes on with those that are still wanted; the argument is written as by `formatAddress`. */
  keep(isWanted: (address: string) => boolean): void {
    for (const listener of this.#lost.keys()) {
      if (!isWanted(formatAddress(listener.address))) this.#lost.delete(listener);
    }
    this.resume();
  }

  /** None of them is wanted any more. Idempotent. */
  clear(): void {
    this.#lost.clear();
    this.#isPaused = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Never rejects. */
  async #tryAll(): Promise<void> {
    for (const listener of [...this.#lost.keys()]) await this.#try(listener);
    this.#attempt = undefined;
    this.#schedule();
  }

  async #try(listener: Listener): Promise<void> {
    const failure = await whyUnbound(listener);
    if (!this.#lost.has(listener)) {
      listener.close(); // not wanted any more by now
      return;
    }
    if (failure !== undefined) {
      this.#lost.set(listener, failure);
      return;
    }
    this.#lost.delete(listener);
    this.#options.back(listener);
    const fields = { listener: formatAddress(listener.address) };
    const message = 'a lost listener is back';
    this.#options.observer({ type: 'notice', level: 'info', message, fields });
  }
}

/** Undefined: it is bound. */
async function whyUnbound(listener: Listener): Promise<string | undefined> {
  try {
    await listener.bind();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
