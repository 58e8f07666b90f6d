import { closing } from '../etcd/time-limit.js';
import type { Clock, Timer } from '../model/ports.js';

/** Does one attempt and returns the time until the next one, in ms. Must not reject. */
export type Attempt = (signal: AbortSignal) => Promise<number>;

/** A promise that is resolved from outside. */
class Gate {
  readonly opened: Promise<void>;
  #open: (() => void) | undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Idempotent. */
  open(): void {
    this.#open?.();
  }
}

/** One attempt after the other until closed: never two at a time. */
export class AttemptLoop {
  readonly #clock: Clock;
  readonly #attempt: Attempt;
  readonly #closing = new AbortController();
  readonly #settled = new Gate();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #nextAtMs: number | undefined;

  constructor(clock: Clock, attempt: Attempt) {
    this.#clock = clock;
    this.#attempt = attempt;
  }

  /** Wall clock of the next attempt; undefined while one runs. */
  get nextAtMs(): number | undefined {
    return this.#nextAtMs;
  }

  /** Attempts now; an attempt under way is enough. */
  now(): void {
    if (this.#running || this.#closing.signal.aborted) return;
    this.#timer?.cancel();
    this.#nextAtMs = undefined;
    this.#running = this.#once();
  }

  /** Resolves when the first attempt has ended, either way, or on close. */
  settled(): Promise<void> {
    return this.#settled.opened;
  }

  /** Idempotent; resolves when the attempt under way is over. */
  async close(): Promise<void> {
    this.#closing.abort(closing());
    this.#timer?.cancel();
    this.#nextAtMs = undefined;
    this.#settled.open();
    await this.#running;
  }

  /** Begins in a turn of its own, so that whoever asked for it is done first. */
  async #once(): Promise<void> {
    await Promise.resolve();
    const delayMs = await this.#attempt(this.#closing.signal);
    this.#running = undefined;
    this.#settled.open();
    if (this.#closing.signal.aborted) return;
    this.#nextAtMs = this.#clock.wallMs() + delayMs;
    this.#timer = this.#clock.setTimer(delayMs, () => this.now());
  }
}
