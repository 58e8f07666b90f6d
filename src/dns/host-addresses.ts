import { isIP } from 'node:net';
import type { DnsSettings } from '../model/config.js';
import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type { Clock, HostAddresses, Random, Timer, TrackedHost } from '../model/ports.js';
import { HostUnresolved, type HostAnswer, type HostLookup } from './host-lookup.js';
import { HostState } from './host-state.js';
import { failureDelayMs, refreshDelayMs } from './schedule.js';

export interface HostResolverDeps {
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly settings: DnsSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

/** Two sockets each: a thousand hosts must not open two thousand at once. */
const mostLookups = 64;

/** Those that begin together time out together too: a few at a time, sessions go on between. */
const mostBegunAtOnce = 8;
const pauseMs = 2;

/**
 * Addresses of host names, kept fresh in the background. A failure keeps the last good ones:
 * an address leaves only by an answer that has others.
 */
export class HostResolver implements HostAddresses {
  readonly #deps: HostResolverDeps;
  readonly #hosts = new Map<string, HostState>();
  /** To be looked up when there is room, in this order. */
  readonly #line = new Set<HostState>();
  readonly #underWay = new Set<Promise<void>>();
  /** No attempt of theirs has ended yet. */
  readonly #unsettled = new Set<HostState>();
  /** Those who wait until there is none of them. */
  readonly #waiting = new Set<() => void>();
  #settings: DnsSettings;
  #begun = 0;
  /** Since when `#begun` counts. */
  #begunSinceMs = -Infinity;
  #pause: Timer | undefined;
  #closed = false;

  constructor(deps: HostResolverDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  track(host: string, changed: () => void): TrackedHost {
    if (isIP(host) !== 0) return literal(host);
    const name = host.toLowerCase(); // with its final dot, which turns the search off
    const state = this.#hosts.get(name) ?? this.#begin(name);
    const tracker = (): void => changed();
    state.trackers.add(tracker);
    return tracked(state, () => this.#untrack(state, tracker));
  }

  /** New settings hold at once: everything is looked up again if they differ. */
  configure(settings: DnsSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    for (const state of this.#hosts.values()) {
      this.#awaitHold(state);
      this.#lookAgain(state);
    }
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
    this.#pause?.cancel();
    for (const state of this.#hosts.values()) this.#stop(state);
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
    this.#stop(state);
    this.#hosts.delete(state.host);
    this.#unsettled.delete(state);
    this.#tellSettled();
  }

  #tellSettled(): void {
    if (this.#unsettled.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #stop(state: HostState): void {
    this.#line.delete(state);
    state.holdTimer?.cancel();
    stop(state);
  }

  #lookAgain(state: HostState): void {
    if (this.#closed) return;
    stop(state);
    this.#line.add(state);
    this.#beginSome();
  }

  /** A few, and the others after a pause; those that end make room for more, but hurry nothing. */
  #beginSome(): void {
    if (this.#pause) return;
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#begunSinceMs >= pauseMs) [this.#begun, this.#begunSinceMs] = [0, nowMs];
    for (const state of this.#line) {
      if (this.#closed || this.#underWay.size >= mostLookups) return;
      if (this.#begun >= mostBegunAtOnce) {
        this.#goOnLater();
        return;
      }
      this.#line.delete(state);
      this.#begun += 1;
      this.#beginAttempt(state);
    }
  }

  #goOnLater(): void {
    if (this.#line.size === 0 || this.#closed) return;
    this.#pause ??= this.#deps.clock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      this.#beginSome();
    });
  }

  #beginAttempt(state: HostState): void {
    const attempt = new AbortController();
    state.attempt = attempt;
    const run = this.#attempt(state, attempt.signal).finally(() => {
      this.#underWay.delete(run);
      this.#goOnLater();
    });
    this.#underWay.add(run);
  }

  /** Never rejects; an attempt that was overtaken changes nothing. */
  async #attempt(state: HostState, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#deps.lookup.lookup(state.host, this.#settings, signal);
      if (!signal.aborted) this.#answered(state, answer);
    } catch (error) {
      if (!signal.aborted) this.#failed(state, error);
    }
  }

  #answered(state: HostState, answer: HostAnswer): void {
    const recovered = state.error !== undefined;
    const { clock } = this.#deps;
    const changed = state.answer(answer, clock.nowMs(), this.#settings.holdMs);
    this.#awaitHold(state);
    state.error = undefined;
    state.failures = 0;
    this.#ended(state, refreshDelayMs(answer.ttlMs, this.#settings, this.#deps.random), changed);
    if (changed || recovered) {
      this.#deps.observer({
        type: 'host-resolved',
        host: state.host,
        addresses: state.addresses,
      });
    }
  }

  /** What has left the answers goes when its time is over, whatever the look-ups do. */
  #awaitHold(state: HostState): void {
    const { clock } = this.#deps;
    state.holdTimer?.cancel();
    const endsInMs = state.hold.endsInMs(clock.nowMs(), this.#settings.holdMs);
    if (endsInMs === undefined) return;
    state.holdTimer = clock.setTimer(endsInMs, () => {
      const changed = state.use(clock.nowMs(), this.#settings.holdMs);
      this.#awaitHold(state);
      if (changed) for (const tracker of [...state.trackers]) tracker();
    });
  }

  #failed(state: HostState, error: unknown): void {
    const reason = errorMessage(error);
    const news = state.error !== reason;
    const negativeTtlMs = error instanceof HostUnresolved ? error.negativeTtlMs : undefined;
    state.error = reason;
    state.failures += 1;
    const { random, observer } = this.#deps;
    const failures = { count: state.failures, negativeTtlMs, heldTtlMs: state.ttlMs };
    this.#ended(state, failureDelayMs(failures, this.#settings, random), false);
    if (news) {
      observer({ type: 'host-failed', host: state.host, reason, kept: state.addresses.length });
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
