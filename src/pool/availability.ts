import type { Observer } from '../model/events.js';
import type { Clock } from '../model/ports.js';
import type { Members } from './members.js';
import type { Upstream } from './upstream.js';

const fewReasons = 5;

/** Whether a gateway's members can serve, and if not, why. Tells each change once. */
export class Availability {
  readonly #gateway: string;
  readonly #observer: Observer;
  readonly #clock: Clock;
  readonly #members: Pick<Members, 'size' | 'values'>;
  /** Undefined: it is not. */
  #downSinceMs: number | undefined;

  constructor(
    gateway: string,
    { observer, clock }: { readonly observer: Observer; readonly clock: Clock },
    members: Pick<Members, 'size' | 'values'>,
  ) {
    this.#gateway = gateway;
    this.#observer = observer;
    this.#clock = clock;
    this.#members = members;
  }

  /** Whether some upstream is believed alive. */
  get hasHealthy(): boolean {
    for (const upstream of this.#members.values()) if (isUsable(upstream)) return true;
    return false;
  }

  /** What is wrong with the members, the first few of them; empty if there is none. */
  get whyDown(): string {
    const reasons: string[] = [];
    for (const upstream of this.#members.values()) {
      if (reasons.length === fewReasons) break;
      reasons.push(`${upstream.key}: ${upstream.view().reason}`);
    }
    const missing = this.#members.size - reasons.length;
    return [...reasons, ...(missing > 0 ? [`and ${missing} more`] : [])].join('; ');
  }

  look(): void {
    const isDown = !this.#hasHope();
    const sinceMs = this.#downSinceMs;
    if (isDown === (sinceMs !== undefined) || this.#members.size === 0) return; // nobody is no verdict
    const nowMs = this.#clock.nowMs();
    this.#downSinceMs = isDown ? nowMs : undefined;
    if (isDown) this.#tellDown();
    else this.#tellUp(nowMs - (sinceMs ?? nowMs));
  }

  #tellDown(): void {
    const isOffered = [...this.#members.values()].some(({ takesSessions }) => takesSessions);
    const reason = this.whyDown;
    this.#observer({ type: 'pool-down', gateway: this.#gateway, reason, isOffered });
  }

  #tellUp(downForMs: number): void {
    this.#observer({ type: 'pool-up', gateway: this.#gateway, downForMs });
  }

  /** A name that is being looked up for the first time is not a failure yet. */
  #hasHope(): boolean {
    for (const upstream of this.#members.values()) {
      if (isUsable(upstream) || upstream.isResolving) return true;
    }
    return false;
  }
}

function isUsable(upstream: Upstream): boolean {
  return upstream.state.kind === 'healthy' && upstream.hasAddress;
}
