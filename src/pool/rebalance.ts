import { isDeepStrictEqual } from 'node:util';

import type { RebalanceSettings } from '../model/config.js';
import type { Clock, Random, Timer } from '../model/ports.js';
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
 * upstreams, one at a time and paced, so that their clients connect anew (`rebalance`).
 */
export class Rebalancer {
  readonly #candidates: () => readonly Upstream[];
  readonly #clock: Clock;
  readonly #random: Random;
  #settings: RebalanceSettings | undefined;
  #timer: Timer | undefined;

  /** `candidates`: the healthy upstreams of the priority in use. */
  constructor(
    candidates: () => readonly Upstream[],
    { clock, random }: { readonly clock: Clock; readonly random: Random },
  ) {
    this.#candidates = candidates;
    this.#clock = clock;
    this.#random = random;
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
  }

  /** The first wait is longer at random: gateways that are started together do not close together. */
  #schedule(settings: RebalanceSettings, delayMs = paceMs(settings)): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#closeOne(settings);
      if (this.#settings) this.#schedule(this.#settings);
    });
  }

  #closeOne({ toleranceRatio, quietForMs }: RebalanceSettings): void {
    const candidates = this.#candidates();
    const loads = candidates.map(({ sessions, endpoint }) => ({
      sessions: sessions.size,
      weight: endpoint.weight,
    }));
    const quietBeforeMs = this.#clock.nowMs() - quietForMs;
    for (const index of overloaded(loads, toleranceRatio)) {
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
