import type { GatewaySettings } from '../model/config.js';
import type { Clock } from '../model/ports.js';
import type { Retry } from './retry.js';
import type { Ejection, Upstream } from './upstream.js';

export interface DoubtsOptions {
  readonly clock: Clock;
  readonly retry: Retry;
  /** Current settings; read on every call. */
  readonly settings: () => GatewaySettings;
  readonly isMember: (upstream: Upstream) => boolean;
}

/** What came of asking an upstream whether it reacts; times are monotonic. */
interface Inquiry {
  isUnderWay: boolean;
  /** When the latest question was put that it reacted to. */
  answeredMs: number;
  /** When the latest question was put that it did not react to. */
  unansweredMs: number;
}

/** After an answer, early ends count again only after this: a client's rubbish costs few questions. */
const trustMs = 1_000;

const silence: Ejection = { cause: 'hang', reason: '' };
const earlyEnd: Ejection = { cause: 'early-end', reason: '' };

/**
 * Asks upstreams that sessions speak against. What a client can bring about, such as silence or an early
 * end, ejects nobody by itself.
 */
export class Doubts {
  readonly #options: DoubtsOptions;
  readonly #signal: AbortSignal;
  readonly #inquiries = new WeakMap<Upstream, Inquiry>();
  /** Upstreams that are asked for an answer, or may not be asked again yet: until when. */
  readonly #trusted = new WeakMap<Upstream, number>();

  constructor(options: DoubtsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * What is known from questions put since then. Without an answer it is asked, again and again while
   * the caller calls, one question at a time.
   */
  ask(upstream: Upstream, sinceMs: number): 'answers' | 'silent' | undefined {
    const inquiry = this.#inquiry(upstream);
    if (inquiry.answeredMs >= sinceMs) return 'answers';
    if (!inquiry.isUnderWay) void this.#inquire(upstream, inquiry);
    return inquiry.unansweredMs >= sinceMs ? 'silent' : undefined;
  }

  mayAskAnswer(upstream: Upstream): boolean {
    return this.#options.clock.nowMs() >= (this.#trusted.get(upstream) ?? -Infinity);
  }

  /** Whether it sends a byte. True also where that could not be found out. */
  async askAnswer(upstream: Upstream): Promise<boolean> {
    this.#trusted.set(upstream, Infinity);
    const answers = (await this.#question(upstream, earlyEnd)) ?? true;
    this.#trusted.set(upstream, this.#options.clock.nowMs() + (answers ? trustMs : 0));
    return answers;
  }

  #inquiry(upstream: Upstream): Inquiry {
    const known = this.#inquiries.get(upstream);
    if (known) return known;
    const fresh = { isUnderWay: false, answeredMs: -Infinity, unansweredMs: -Infinity };
    this.#inquiries.set(upstream, fresh);
    return fresh;
  }

  async #inquire(upstream: Upstream, inquiry: Inquiry): Promise<void> {
    inquiry.isUnderWay = true;
    const askedMs = this.#options.clock.nowMs();
    const reacts = await this.#question(upstream, silence);
    inquiry.isUnderWay = false;
    if (reacts === false) inquiry.unansweredMs = askedMs;
    else inquiry.answeredMs = askedMs;
  }

  /** Undefined: this machine's own fault, or nobody wants to know any more. */
  async #question(upstream: Upstream, ejection: Ejection): Promise<boolean | undefined> {
    const { retry, settings, isMember } = this.#options;
    const asked = plainly(settings());
    const { ok, conclusive } = await retry(upstream, ejection, asked, this.#signal);
    if (ok) return true;
    return conclusive && !this.#signal.aborted && isMember(upstream) ? false : undefined;
  }
}

/** Without what health checks ask for, and in time for `first-byte-timeout`. */
function plainly(settings: GatewaySettings): GatewaySettings {
  const { connectTimeoutMs, firstByteTimeoutMs, healthCheck } = settings;
  const limitMs = firstByteTimeoutMs > 0 ? firstByteTimeoutMs / 2 : connectTimeoutMs;
  return {
    ...settings,
    connectTimeoutMs: Math.min(connectTimeoutMs, limitMs),
    healthCheck: { ...healthCheck, type: 'none' },
  };
}
