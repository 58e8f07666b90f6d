import { isDeepStrictEqual } from 'node:util';

import type { RebalanceSettings } from '../model/config.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import type { Picker } from './picker.js';
import type { Upstream, UpstreamSession } from './upstream.js';

/** Sessions of an upstream and the share of all that its weight entitles it to. */
export interface Load {
  readonly sessions: number;
  readonly weight: number;
}

/**
 * The indices of those that exceed their share by more than the tolerance, so that moving a session
 * away makes things more even; the fullest first. Empty: even enough. Pure.
 */
export function overloaded(loads: readonly Load[], toleranceRatio: number): readonly number[] {
  const sessions = loads.reduce((sum, load) => sum + load.sessions, 0);
  const weights = loads.reduce((sum, load) => sum + load.weight, 0);
  return loads
    .map((load, index) => {
      const fair = weights > 0 ? (sessions * load.weight) / weights : sessions / loads.length;
      const isMoreThanOne = load.sessions - fair >= 1;
      return { index, excess: isMoreThanOne ? load.sessions / Math.max(fair, 1) : 0 };
    })
    .filter(({ excess }) => excess > 1 + toleranceRatio)
    .sort((a, b) => b.excess - a.excess)
    .map(({ index }) => index);
}

function paceMs({ maxPerSecond }: RebalanceSettings): number {
  return 1_000 / maxPerSecond;
}

/**
 * Evens out long-lived sessions after an upstream has come back: closes quiet ones on the fuller
 * upstreams, one at a time and paced, so that their clients connect anew (`rebalance`). Where these go
 * is `Pool`'s to say: to the emptiest, as long as `isUneven`.
 */
export class Rebalancer {
  readonly #picker: () => Pick<Picker, 'preferred' | 'weights'>;
  readonly #clock: Clock;
  readonly #random: Random;
  #settings: RebalanceSettings | undefined;
  #timer: Timer | undefined;
  #isUneven = false;

  /** `picker`: the one in use; those that it prefers are evened out by its weights. */
  constructor(
    picker: () => Pick<Picker, 'preferred' | 'weights'>,
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ) {
    this.#picker = picker;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether counts differed beyond the tolerance at the latest look; false while it is off. */
  get isUneven(): boolean {
    return this.#isUneven;
  }

  /** Other settings begin a pace of their own; the same ones keep it, however often they are told. */
  configure(settings: RebalanceSettings | undefined): void {
    if (this.#timer && isDeepStrictEqual(settings, this.#settings)) return;
    this.#settings = settings;
    this.destroy();
    if (settings) this.#schedule(settings, paceMs(settings) * (1 + this.#random()));
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isUneven = false;
  }

  /** The first wait is longer at random: gateways that are started together do not close together. */
  #schedule(settings: RebalanceSettings, delayMs = paceMs(settings)): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#closeOne(settings);
      if (this.#settings) this.#schedule(this.#settings);
    });
  }

  #closeOne({ toleranceRatio, quietForMs }: RebalanceSettings): void {
    const picker = this.#picker();
    const candidates = picker.preferred();
    const weights = picker.weights();
    const loads = candidates.map(({ sessions }, index) => ({
      sessions: sessions.size,
      weight: weights[index] ?? 0,
    }));
    const tooFull = overloaded(loads, toleranceRatio);
    this.#isUneven = tooFull.length > 0;
    const quietBeforeMs = this.#clock.nowMs() - quietForMs;
    for (const index of tooFull) {
      const upstream = candidates[index];
      const session = upstream && this.#quietest(upstream, quietBeforeMs);
      if (session) {
        session.close('rebalanced');
        return;
      }
    }
  }

  #quietest(upstream: Upstream, quietBeforeMs: number): UpstreamSession | undefined {
    let quietest: UpstreamSession | undefined;
    for (const session of upstream.sessions) {
      if (session.quietSinceMs > (quietest?.quietSinceMs ?? quietBeforeMs)) continue;
      quietest = session;
    }
    return quietest;
  }
}
