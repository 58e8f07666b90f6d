import type { ServerResponse } from 'node:http';

import type { Clock, Timer } from '../../model/ports.js';
import { headOf, type Reply } from './reply.js';

interface Answer {
  readonly response: ServerResponse;
  readonly body: Uint8Array;
  readonly beganAtMs: number;
  /** When the reader last took a piece. */
  progressAtMs: number;
  sent: number;
}

const pieceBytes = 64 * 1024;
const tickMs = 1_000;
const longestStuckMs = 10_000;
const longestAnswerMs = 60_000;
/** Of bodies that wait for their readers, each counted once however many readers share it. */
const mostHeldBytes = 32 * 1024 * 1024;

/**
 * Sends replies a piece at a time, so that a connection holds one piece and a share of a body. Readers
 * that take nothing are cut off after 10 s, or sooner where the memory is wanted for another body.
 */
export class Answers {
  readonly #clock: Clock;
  readonly #waiting = new Set<Answer>();
  /** Runs while somebody waits; the listener's end closes the last of them. */
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of answers whose readers have not taken everything yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  send(response: ServerResponse, reply: Reply): void {
    const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
    response.writeHead(reply.status, headOf(reply, body.length));
    if (body.length <= pieceBytes) response.end(body);
    else this.#begin(response, body);
  }

  #begin(response: ServerResponse, body: Uint8Array): void {
    this.#makeRoom(body);
    const nowMs = this.#clock.nowMs();
    const answer = { response, body, beganAtMs: nowMs, progressAtMs: nowMs, sent: 0 };
    this.#waiting.add(answer);
    response.on('drain', () => this.#goOn(answer));
    response.once('close', () => this.#forget(answer));
    this.#goOn(answer);
    this.#timer ??= this.#clock.setTimer(tickMs, () => this.#tick());
  }

  #goOn(answer: Answer): void {
    const { response, body } = answer;
    answer.progressAtMs = this.#clock.nowMs();
    let isTaken = true;
    while (isTaken && answer.sent < body.length) {
      const piece = body.subarray(answer.sent, answer.sent + pieceBytes);
      answer.sent += piece.length;
      if (answer.sent < body.length) isTaken = response.write(piece);
      else response.end(piece);
    }
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    for (const answer of this.#waiting) {
      const isStuck = nowMs - answer.progressAtMs > longestStuckMs;
      if (isStuck || nowMs - answer.beganAtMs > longestAnswerMs) this.#cut(answer);
    }
    this.#timer =
      this.#waiting.size === 0 ? undefined : this.#clock.setTimer(tickMs, () => this.#tick());
  }

  /** At the cost of those who have taken nothing for longest. */
  #makeRoom(body: Uint8Array): void {
    const others = [...this.#waiting]
      .filter((answer) => answer.body !== body)
      .sort((a, b) => a.progressAtMs - b.progressAtMs);
    for (const slowest of others) {
      if (this.#heldBytes(body) <= mostHeldBytes) return;
      this.#cut(slowest);
    }
  }

  #heldBytes(more: Uint8Array): number {
    const bodies = new Set([more]);
    for (const { body } of this.#waiting) bodies.add(body);
    return [...bodies].reduce((sum, { length }) => sum + length, 0);
  }

  #cut(answer: Answer): void {
    this.#forget(answer);
    answer.response.destroy();
  }

  #forget(answer: Answer): void {
    this.#waiting.delete(answer);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
