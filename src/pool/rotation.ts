import type { GatewaySettings } from '../model/config.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import { createPicker, type Picker } from './picker.js';
import { slowStartShare } from './slow-start.js';
import type { Upstream } from './upstream.js';

export interface RotationOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Those of now, at each use. */
  readonly members: () => Iterable<Upstream>;
  readonly settings: () => GatewaySettings;
}

/** Keeps the picker true: another one is made when somebody asks and things have changed. */
export class Rotation {
  readonly #options: RotationOptions;
  #picker: Picker | undefined;
  #stale = true;
  #slowStart: Timer | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  /** The chooser of now; take it anew for each session. */
  get picker(): Picker {
    if (this.#picker && !this.#stale) return this.#picker;
    this.#stale = false;
    this.#picker = this.#create();
    return this.#picker;
  }

  /** Members, their health or their settings have changed. */
  outdate(): void {
    this.#stale = true;
  }

  /** A session or a dial of it has ended. */
  left(upstream: Upstream): void {
    this.#picker?.left(upstream);
  }

  destroy(): void {
    this.#slowStart?.cancel();
  }

  #create(): Picker {
    const { clock, random, members, settings } = this.#options;
    const { slowStartMs, balancer } = settings();
    const nowMs = clock.nowMs();
    const upstreams = [...members()].filter(({ state }) => state.kind !== 'draining');
    const share = (upstream: Upstream) => slowStartShare(upstream, slowStartMs, nowMs);
    this.#slowStart?.cancel();
    if (upstreams.some((upstream) => share(upstream) < 1)) {
      const stepMs = Math.max(50, slowStartMs / 20);
      this.#slowStart = clock.setTimer(stepMs, () => this.outdate());
    }
    return createPicker({ upstreams, balancer, random, share, previous: this.#picker });
  }
}
