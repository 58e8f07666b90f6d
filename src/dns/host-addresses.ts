import { isIP } from 'node:net';
import type { DnsSettings } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type { Clock, HostAddresses, Random, TrackedHost } from '../model/ports.js';
import { HostUnresolved, type HostAnswer, type HostLookup } from './host-lookup.js';
import { HostState } from './host-state.js';
import { Limiter } from './limiter.js';
import { failureDelayMs, refreshDelayMs } from './schedule.js';
import { canonicalName } from './wire.js';

export interface HostResolverDeps {
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly settings: DnsSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observer;
}

/** Two sockets each: a thousand hosts must not open two thousand at once. */
const mostLookups = 64;

/**
 * Addresses of host names, kept fresh in the background. A failure keeps the last good ones:
 * an address leaves only by an answer that has others.
 */
export class HostResolver implements HostAddresses {
  readonly #deps: HostResolverDeps;
  readonly #hosts = new Map<string, HostState>();
  readonly #limiter = new Limiter(mostLookups);
  readonly #underWay = new Set<Promise<void>>();
  /** No attempt of theirs has ended yet. */
  readonly #unsettled = new Set<HostState>();
  /** Those who wait until there is none of them. */
  readonly #waiting = new Set<() => void>();
  #settings: DnsSettings;
  #closed = false;

  constructor(deps: HostResolverDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  track(host: string, changed: () => void): TrackedHost {
    if (isIP(host) !== 0) return literal(host);
    const name = canonicalName(host);
    const state = this.#hosts.get(name) ?? this.#begin(name);
    const tracker = (): void => changed();
    state.trackers.add(tracker);
    return tracked(state, () => this.#untrack(state, tracker));
  }

  /** New settings hold at once: everything is looked up again if they differ. */
  configure(settings: DnsSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    for (const state of this.#hosts.values()) this.#lookAgain(state);
  }

  /** Looks everything up again now; a look-up under way is enough. */
  refresh(): void {
    for (const state of this.#hosts.values()) if (!state.attempt) this.#lookAgain(state);
  }

  /** Resolves when an attempt has ended for each host tracked now, or on close. Never rejects. */
  async settled(): Promise<void> {
    if (this.#closed || this.#unsettled.size === 0) return;
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Ends all look-ups; addresses stay as they are. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const state of this.#hosts.values()) stop(state);
    this.#unsettled.clear();
    this.#tellSettled();
    await Promise.all(this.#underWay);
  }

  #begin(name: string): HostState {
    const state = new HostState(name);
    this.#hosts.set(name, state);
    this.#unsettled.add(state);
    this.#lookAgain(state);
    return state;
  }

  #untrack(state: HostState, tracker: () => void): void {
    state.trackers.delete(tracker);
    if (state.trackers.size > 0 || this.#hosts.get(state.host) !== state) return;
    stop(state);
    this.#hosts.delete(state.host);
    this.#unsettled.delete(state);
    this.#tellSettled();
  }

  #tellSettled(): void {
    if (this.#unsettled.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #lookAgain(state: HostState): void {
    if (this.#closed) return;
    stop(state);
    const attempt = new AbortController();
    state.attempt = attempt;
    const run = this.#attempt(state, attempt.signal).finally(() => this.#underWay.delete(run));
    this.#underWay.add(run);
  }

  /** Never rejects; an attempt that was overtaken changes nothing. */
  async #attempt(state: HostState, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#lookup(state.host, signal);
      if (!signal.aborted) this.#answered(state, answer);
    } catch (error) {
      if (!signal.aborted) this.#failed(state, error);
    }
  }

  #lookup(host: string, signal: AbortSignal): Promise<HostAnswer> {
    return this.#limiter.run(async () => {
      signal.throwIfAborted();
      return await this.#deps.lookup.lookup(host, this.#settings, signal);
    });
  }

  #answered(state: HostState, answer: HostAnswer): void {
    const recovered = state.error !== undefined;
    const changed = state.answer(answer);
    state.error = undefined;
    state.failures = 0;
    this.#ended(state, refreshDelayMs(answer.ttlMs, this.#settings, this.#deps.random), changed);
    if (changed || recovered) {
      this.#deps.observe({
        type: 'host-resolved',
        host: state.host,
        addresses: state.addresses,
      });
    }
  }

  #failed(state: HostState, error: unknown): void {
    const reason = errorMessage(error);
    const news = state.error !== reason;
    const negativeTtlMs = error instanceof HostUnresolved ? error.negativeTtlMs : undefined;
    state.error = reason;
    state.failures += 1;
    const { random, observe } = this.#deps;
    this.#ended(
      state,
      failureDelayMs(state.failures, negativeTtlMs, this.#settings, random),
      false,
    );
    if (news) {
      observe({ type: 'host-failed', host: state.host, reason, kept: state.addresses.length });
    }
  }

  #ended(state: HostState, nextInMs: number, changed: boolean): void {
    const first = !state.settled;
    state.settled = true;
    state.attempt = undefined;
    state.timer = this.#deps.clock.setTimer(nextInMs, () => this.#lookAgain(state));
    if (changed || first) for (const tracker of [...state.trackers]) tracker();
    if (this.#unsettled.delete(state)) this.#tellSettled();
  }
}

function stop(state: HostState): void {
  state.timer?.cancel();
  state.timer = undefined;
  state.attempt?.abort();
  state.attempt = undefined;
}

function literal(address: string): TrackedHost {
  return { addresses: [address], settled: true, error: undefined, close: () => undefined };
}

function tracked(state: HostState, close: () => void): TrackedHost {
  return {
    get addresses() {
      return state.addresses;
    },
    get settled() {
      return state.settled;
    },
    get error() {
      return state.error;
    },
    close,
  };
}
