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
 * Listeners that a reload had let go and could not take back when it was undone, because somebody
 * else had taken the address. They are tried again until they are back or no longer wanted.
 */
export class LostListeners {
  readonly #options: LostListenersOptions;
  readonly #lost = new Set<Listener>();
  #timer: Timer | undefined;
  #attempt: Promise<void> | undefined;
  #isPaused = false;

  constructor(options: LostListenersOptions) {
    this.#options = options;
  }

  /** It is tried from the next `resume` on. */
  add(listener: Listener, error: unknown): void {
    this.#lost.add(listener);
    const fields = { listener: formatAddress(listener.address), reason: errorMessage(error) };
    const message = 'a listener is lost, its address is tried again every second';
    this.#options.observer({ type: 'notice', level: 'error', message, fields });
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
    if (this.#lost.size === 0 || this.#attempt) return;
    this.#timer ??= this.#options.clock.setTimer(retryMs, () => {
      this.#timer = undefined;
      this.#attempt = this.#tryAll();
    });
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
    for (const listener of [...this.#lost]) await this.#try(listener);
    this.#attempt = undefined;
    if (!this.#isPaused) this.resume();
  }

  async #try(listener: Listener): Promise<void> {
    if (!(await isBound(listener))) return;
    if (!this.#lost.delete(listener)) {
      listener.close(); // not wanted any more by now
      return;
    }
    this.#options.back(listener);
    const fields = { listener: formatAddress(listener.address) };
    const message = 'a lost listener is back';
    this.#options.observer({ type: 'notice', level: 'info', message, fields });
  }
}

/** Why not has been told when it was lost. */
async function isBound(listener: Listener): Promise<boolean> {
  try {
    await listener.bind();
    return true;
  } catch {
    return false;
  }
}
