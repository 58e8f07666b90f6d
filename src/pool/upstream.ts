import { isIP } from 'node:net';

import type { Address } from '../model/address.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { SessionEnd } from '../model/events.js';
import type { Clock, TrackedHost } from '../model/ports.js';
import type { UpstreamCounters, UpstreamView } from '../model/views.js';
import type { FailureHistory } from './backoff.js';
import type { ProbeTarget } from './probe-result.js';
import type { WaitingLine } from './waiting-line.js';

export type UpstreamState =
  | Healthy
  | Ejected
  | Draining
  /** Drained; nothing refers to it any more. */
  | { readonly kind: 'closed'; readonly sinceMs: number };

/** Takes new sessions. */
interface Healthy {
  readonly kind: 'healthy';
  readonly sinceMs: number;
}

/** Its endpoint has left or asks to drain: keeps its sessions, takes no new ones. */
interface Draining {
  readonly kind: 'draining';
  readonly sinceMs: number;
  /** What it returns to if its endpoint comes back, or asks to drain no more. */
  readonly before: Healthy | Ejected;
}

/** Taken out by a failure; returns by a successful retry, or serves when all are ejected. */
export interface Ejected extends Ejection {
  readonly kind: 'ejected';
  readonly sinceMs: number;
  /** Undefined: its health checks bring it back. */
  readonly retryAtMs: number | undefined;
}

export interface Ejection {
  readonly cause: EjectionCause;
  readonly reason: string;
}

/**
 * What took the upstream out decides what proves it well again. `dial` and `reset`: a connection, as
 * does a passed check. `hang`: an answer, or a check that needs one. `health`: its checks alone.
 * `loop`: an answer, for in a loop there is nobody who could give one.
 */
export type EjectionCause = 'dial' | 'hang' | 'reset' | 'health' | 'loop';

/** A session as its upstream sees it. */
export interface UpstreamSession {
  /** Monotonic ms since when no byte has passed either way, as the latest sweep saw it. */
  readonly quietSinceMs: number;
  /** Ends it at once with a reset. */
  close(end: SessionEnd): void;
}

/** What makes an upstream look unwell before it is known to be. */
export type Suspicion = 'slow to connect' | 'slow to answer';

/** One dial on behalf of all who wait for an ejected upstream. */
export interface Probe {
  readonly line: WaitingLine;
}

/** The live object of an endpoint. `Pool` alone changes its state. */
export class Upstream {
  readonly key: string;
  readonly sessions = new Set<UpstreamSession>();
  readonly counters = new Counters();
  /** Sessions that want it and do not have it yet. Only `Dialing` counts. */
  dials = 0;
  /** Which pick of its pool chose it last, counted from 1. Only `LeastSessions` counts and asks. */
  latestTurn = 0;
  /** Across returns; see backoff.ts. */
  history: FailureHistory = { failures: 0, lastWaitMs: 0 };
  /** Only `Pool` sets it. While there is one, new sessions prefer others. */
  suspicion: Suspicion | undefined;
  /** The dial that tries it while it is ejected; further ones wait for its outcome. */
  probe: Probe | undefined;
  /** The pool's own try to connect while it is ejected: a session's dial takes its place. */
  retrying: AbortController | undefined;
  /** Whether a dial that lost its race is watched for its outcome: one at most is. */
  isWatched = false;
  lastError: { readonly message: string; readonly atMs: number } | undefined;

  #endpoint: Endpoint;
  #state: UpstreamState;
  #host: TrackedHost | undefined;
  #rotation = 0;
  #waiting: Set<() => void> | undefined;
  readonly #clock: Clock;

  constructor(endpoint: Endpoint, clock: Clock) {
    this.key = endpointKey(endpoint);
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#host = hostNameOf(endpoint) === undefined ? undefined : notFollowed;
    this.#state = { kind: 'healthy', sinceMs: clock.nowMs() };
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  get state(): UpstreamState {
    return this.#state;
  }

  /** Only for `Pool`. A closed upstream stays closed; a draining one closes, or is again what it was. */
  setState(next: UpstreamState): void {
    const before = this.#state;
    const returns = before.kind === 'draining' && next === before.before;
    if (
      before.kind === 'closed' ||
      (before.kind === 'draining' && next.kind !== 'closed' && !returns)
    ) {
      throw new Error(`upstream ${this.key} cannot go from ${before.kind} to ${next.kind}`);
    }
    this.#state = next;
  }

  /** Only for `Members`: other weight, priority or limit at the same address. */
  update(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
  }

  /** A host name that has still to be followed: until then it counts as being looked up. */
  get unfollowedName(): string | undefined {
    return this.#host === notFollowed ? hostNameOf(this.#endpoint) : undefined;
  }

  /** Only for `Members`: where the addresses of a host name come from; closed with the upstream. */
  follow(host: TrackedHost): void {
    this.#host = host;
  }

  release(): void {
    this.#host?.close();
  }

  get isFull(): boolean {
    const { maxSessions } = this.#endpoint;
    return maxSessions > 0 && this.load >= maxSessions;
  }

  /** Sessions, with those that are about to be. */
  get load(): number {
    return this.sessions.size + this.dials;
  }

  /** Whether new sessions may go to it, be it for want of a better one. */
  get takesSessions(): boolean {
    return this.#state.kind === 'healthy' || this.#state.kind === 'ejected';
  }

  /** Whether a first look-up of its host name is still under way. */
  get isResolving(): boolean {
    return this.#host !== undefined && !this.#host.settled && this.#host.addresses.length === 0;
  }

  /** Whether there is something to dial now. */
  get hasAddress(): boolean {
    return !this.#host || this.#host.addresses.length > 0;
  }

  /** Of its host name, as last known. */
  get addresses(): readonly string[] {
    const { address } = this.#endpoint;
    if (this.#host) return this.#host.addresses;
    return address.kind === 'tcp' ? [address.host] : [];
  }

  get resolveError(): string | undefined {
    return this.#host?.error;
  }

  /** What can be dialed now, each call starting at the next address; empty: not resolved. */
  dialAddresses(): readonly Address[] {
    const { address } = this.#endpoint;
    if (!this.#host || address.kind === 'unix') return [address];
    const { addresses } = this.#host;
    const start = this.#rotation++ % Math.max(1, addresses.length);
    return [...addresses.slice(start), ...addresses.slice(0, start)].map((host) => ({
      kind: 'tcp',
      host,
      port: address.port,
    }));
  }

  /** Calls once, when the first look-up of its name has ended, either way. */
  whenResolved(callback: () => void): void {
    (this.#waiting ??= new Set()).add(callback);
  }

  forget(callback: () => void): void {
    this.#waiting?.delete(callback);
  }

  /** Only for `Pool`: tells those who wait for an address. */
  resolved(): void {
    if (this.isResolving) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const callback of waiting) callback();
  }

  fail(message: string): void {
    this.lastError = { message, atMs: this.#clock.wallMs() };
  }

  view(isMember = true): UpstreamView {
    const { weight, priority } = this.#endpoint;
    const state = this.#state;
    const toWall = this.#clock.wallMs() - this.#clock.nowMs();
    return {
      endpoint: this.key,
      addresses: this.addresses,
      weight,
      priority,
      state: state.kind,
      suspected: this.suspicion !== undefined,
      sinceMs: Math.round(state.sinceMs + toWall),
      reason: this.#reason(isMember),
      retryAtMs: this.#retryAtMs(toWall),
      sessions: this.sessions.size,
      counters: this.counters.copy(),
      lastError: this.lastError,
    };
  }

  #retryAtMs(toWall: number): number | undefined {
    const state = this.#state;
    if (state.kind !== 'ejected' || state.retryAtMs === undefined) return undefined;
    return Math.round(state.retryAtMs + toWall);
  }

  #reason(isMember: boolean): string {
    if (this.#state.kind === 'ejected') return this.#state.reason;
    if (this.#state.kind === 'draining')
      return isMember ? 'asked to drain' : 'no longer an endpoint';
    if (this.#host && this.#host.addresses.length === 0) {
      return this.#host.error ?? 'its name is being looked up';
    }
    return this.suspicion ?? '';
  }
}

const notFollowed: TrackedHost = {
  addresses: [],
  settled: false,
  error: undefined,
  close: () => undefined,
};

/** The name whose addresses have to be looked up; undefined: the address says where to dial. */
function hostNameOf({ address }: Endpoint): string | undefined {
  return address.kind === 'tcp' && isIP(address.host) === 0 ? address.host : undefined;
}

/** Its addresses as probes take them. */
export function probeTargets(upstream: Upstream): readonly ProbeTarget[] {
  const { address } = upstream.endpoint;
  const host = address.kind === 'tcp' ? address.host : 'localhost';
  return upstream.dialAddresses().map((literal) => ({ address: literal, host }));
}

/** Plain numbers, added to on the data path. */
class Counters implements UpstreamCounters {
  sessionsOpened = 0;
  sessionsClosed: Partial<Record<SessionEnd, number>> = {};
  bytesSent = 0;
  bytesReceived = 0;
  dialFailures = 0;
  ejections = 0;

  closed(end: SessionEnd): void {
    this.sessionsClosed[end] = (this.sessionsClosed[end] ?? 0) + 1;
  }

  copy(): UpstreamCounters {
    const { sessionsOpened, bytesSent, bytesReceived, dialFailures, ejections } = this;
    const sessionsClosed = { ...this.sessionsClosed };
    return { sessionsOpened, sessionsClosed, bytesSent, bytesReceived, dialFailures, ejections };
  }
}
