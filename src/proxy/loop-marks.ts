import { randomBytes } from 'node:crypto';

import type { Clock } from '../model/ports.js';
import type { SendMark } from '../pool/probe-loop.js';
import type { ProbeTarget } from '../pool/probe-result.js';
import { probeTarget, type Upstream } from '../pool/upstream.js';
import type { LoopGuard } from './loop-guard.js';

/** How long a mark may take to come round. */
const timeoutMs = 1_000;

/** Marks that did not come back are repeated ever more seldom, from twice this up to the longest. */
const pauseMs = 1_000;
const longestPauseMs = 10_000;

/** Until when an upstream is not asked again. */
interface Pause {
  readonly upstream: Upstream;
  readonly durationMs: number;
  readonly untilMs: number;
}

/** Asks an upstream whether it leads back here: by a request with a mark, which comes in at a listener. */
export class LoopMarks {
  readonly #loops: LoopGuard;
  readonly #clock: Clock;
  readonly #send: SendMark;
  readonly #onLoop: (upstream: Upstream) => void;
  readonly #closing = new AbortController();
  #isOut = false;
  /** Of the one that was asked last. */
  #pause: Pause | undefined;

  /** `onLoop` is called as soon as a mark has come in. */
  constructor(
    loops: LoopGuard,
    clock: Clock,
    send: SendMark,
    onLoop: (upstream: Upstream) => void,
  ) {
    this.#loops = loops;
    this.#clock = clock;
    this.#send = send;
    this.#onLoop = onLoop;
  }

  mayAsk(upstream: Upstream): boolean {
    if (this.#isOut) return false;
    return this.#pause?.upstream !== upstream || this.#clock.nowMs() >= this.#pause.untilMs;
  }

  async ask(upstream: Upstream): Promise<void> {
    const target = probeTarget(upstream);
    this.#isOut = true;
    const isLoop = target !== undefined && (await this.#comesBack(target, upstream));
    this.#isOut = false;
    const lastMs = this.#pause?.upstream === upstream ? this.#pause.durationMs : pauseMs;
    const durationMs = Math.min(2 * lastMs, longestPauseMs);
    const untilMs = this.#clock.nowMs() + durationMs;
    this.#pause = isLoop ? undefined : { upstream, durationMs, untilMs };
  }

  /** Gives up the mark that is under way. */
  destroy(): void {
    this.#closing.abort();
  }

  async #comesBack(target: ProbeTarget, upstream: Upstream): Promise<boolean> {
    const mark = randomBytes(16).toString('hex');
    const cameBack = this.#loops.expect(mark, () => this.#onLoop(upstream));
    await this.#send(this.#clock, target, mark, timeoutMs, this.#closing.signal);
    return cameBack();
  }
}
