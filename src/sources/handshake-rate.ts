import type { Clock } from '../model/ports.js';

/** As many as a cluster has members and addresses begin at once; further ones, so many in a second. */
const burst = 16;
const perSecond = 10;

/** Paces the handshakes of one discovery: whoever answers for the DNS chooses where they go. */
export class HandshakeRate {
  readonly #clock: Clock;
  /** When the last one begins that was let in, in the even rhythm. */
  #lastAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is the caller's turn. @throws the signal's reason */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const spacingMs = 1000 / perSecond;
    const nowMs = this.#clock.nowMs();
    this.#lastAtMs = Math.max(this.#lastAtMs + spacingMs, nowMs - (burst - 1) * spacingMs);
    if (this.#lastAtMs <= nowMs) return;
    await this.#wait(this.#lastAtMs - nowMs, signal);
  }

  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        timer.cancel();
        reject(signal.reason as Error);
      };
      const timer = this.#clock.setTimer(delayMs, () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      });
      signal.addEventListener('abort', giveUp);
    });
  }
}
