import type { Observer } from '../model/events.js';
import type { Upstream } from './upstream.js';

const fewReasons = 5;

/** Whether a gateway's members can serve, and if not, why. Tells each change once. */
export class Availability {
  readonly #gateway: string;
  readonly #observer: Observer;
  readonly #members: () => ReadonlyMap<string, Upstream>;
  #isDown = false;

  constructor(gateway: string, observer: Observer, members: () => ReadonlyMap<string, Upstream>) {
    this.#gateway = gateway;
    this.#observer = observer;
    this.#members = members;
  }

  /** Whether some upstream is believed alive. */
  get hasHealthy(): boolean {
    for (const upstream of this.#members().values()) if (isUsable(upstream)) return true;
    return false;
  }

  /** What is wrong with the members, the first few of them; empty if there is none. */
  get whyDown(): string {
    const members = this.#members();
    const reasons: string[] = [];
    for (const upstream of members.values()) {
      if (reasons.length === fewReasons) break;
      reasons.push(`${upstream.key}: ${upstream.view().reason}`);
    }
    const missing = members.size - reasons.length;
    return [...reasons, ...(missing > 0 ? [`and ${missing} more`] : [])].join('; ');
  }

  look(): void {
    const isDown = !this.#hasHope();
    if (isDown === this.#isDown || this.#members().size === 0) return; // nobody is no verdict
    this.#isDown = isDown;
    const gateway = this.#gateway;
    if (!isDown) this.#observer({ type: 'pool-up', gateway });
    else this.#observer({ type: 'pool-down', gateway, reason: this.whyDown });
  }

  /** A name that is being looked up for the first time is not a failure yet. */
  #hasHope(): boolean {
    for (const upstream of this.#members().values()) {
      if (isUsable(upstream) || upstream.isResolving) return true;
    }
    return false;
  }
}

function isUsable(upstream: Upstream): boolean {
  return upstream.state.kind === 'healthy' && upstream.hasAddress;
}
