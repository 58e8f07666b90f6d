import type { Address } from '../model/address.js';
import type { Endpoint } from '../model/endpoint.js';
import type { SessionEnd } from '../model/events.js';
import type { Clock } from '../model/ports.js';
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
 * does a passed check. `hang` and `early-end`: an answer, or a check that needs one. `health`: its
 * checks alone. `loop`: an answer, for in a loop there is nobody who could give one.
 */
export type EjectionCause = 'dial' | 'hang' | 'early-end' | 'reset' | 'health' | 'loop';

/** A session as its upstream sees it. */
export interface UpstreamSession {
  /** Monotonic ms since when no byte has passed either way, as the latest sweep saw it. */
  readonly quietSinceMs: number;
  /** Ends it at once with a reset. */
  close(end: SessionEnd): void;
}

/** What makes an upstream look unwell before it is known to be. */
export type Suspicion = 'slow to connect' | 'slow to answer' | 'ends sessions without an answer';

/** One dial on behalf of all who wait for an ejected upstream. */
export interface Probe {
  readonly line: WaitingLine;
}

/** An upstream as events name it: by its endpoint and, where that is a name, by its address. */
export interface UpstreamName {
  readonly endpoint: string;
  readonly address?: string;
}

/** What an upstream shares with those at the other addresses of its endpoint's name. */
export interface Shared {
  readonly key: string;
  readonly endpoint: Endpoint;
  /** The name whose addresses have to be looked up; undefined: the address says where to dial. */
  readonly name: string | undefined;
  readonly members: readonly Upstream[];
  /** Sessions of its members, with those that are about to be. */
  readonly load: number;
  /** Whether a first look-up of its name is still under way. */
  readonly isResolving: boolean;
  /** Why the latest look-up of its name failed. */
  readonly resolveError: string | undefined;
  whyDraining(upstream: Upstream): string;
}

/** The live object of an endpoint, or of one address of its name. `Pool` alone changes its state. */
export class Upstream {
  /** Of no other one in its pool. */
  readonly key: string;
  readonly name: UpstreamName;
  readonly group: Shared;
  /** Where to dial; undefined: the name of its endpoint has never resolved. */
  readonly address: Address | undefined;
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
  /** Sessions in a row that it has ended before its first byte. Only `Pool` counts. */
  earlyEnds = 0;
  /** The dial that tries it while it is ejected; further ones wait for its outcome. */
  probe: Probe | undefined;
  /** The pool's own try to connect while it is ejected: a session's dial takes its place. */
  retrying: AbortController | undefined;
  /** Whether a dial that lost its race is watched for its outcome: one at most is. */
  isWatched = false;
  lastError: { readonly message: string; readonly atMs: number } | undefined;

  #state: UpstreamState;
  #waiting: Set<() => void> | undefined;
  readonly #clock: Clock;

  constructor(group: Shared, address: Address | undefined, clock: Clock) {
    const isNamed = group.name !== undefined && address?.kind === 'tcp';
    this.key = isNamed ? `${group.key} (${address.host})` : group.key;
    this.name = { endpoint: group.key, ...(isNamed && { address: address.host }) };
    this.group = group;
    this.address = address;
    this.#clock = clock;
    this.#state = { kind: 'healthy', sinceMs: clock.nowMs() };
  }

  get endpoint(): Endpoint {
    return this.group.endpoint;
  }

  /** Its part of the endpoint's weight: each address of a name has the same. */
  get part(): number {
    return 1 / Math.max(1, this.group.members.length);
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

  /** The limit is the endpoint's, over all addresses. */
  get isFull(): boolean {
    const { maxSessions } = this.endpoint;
    return maxSessions > 0 && this.group.load >= maxSessions;
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
    return this.address === undefined && this.group.isResolving;
  }

  /** Whether there is something to dial now. */
  get hasAddress(): boolean {
    return this.address !== undefined;
  }

  get resolveError(): string | undefined {
    return this.group.resolveError;
  }

  /** Calls once, when the first look-up of its name has ended: others take its place then, or it failed. */
  whenResolved(callback: () => void): void {
    (this.#waiting ??= new Set()).add(callback);
  }

  forget(callback: () => void): void {
    this.#waiting?.delete(callback);
  }

  /** Only for `Members`: tells those who wait for an address. */
  resolved(): void {
    if (this.isResolving) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const callback of waiting) callback();
  }

  fail(message: string): void {
    this.lastError = { message, atMs: this.#clock.wallMs() };
  }

  view(): UpstreamView {
    const { weight, priority } = this.endpoint;
    const state = this.#state;
    const toWall = this.#clock.wallMs() - this.#clock.nowMs();
    return {
      ...this.name,
      addresses: this.address?.kind === 'tcp' ? [this.address.host] : [],
      weight: weight * this.part,
      priority,
      state: state.kind === 'healthy' && !this.address ? 'resolving' : state.kind,
      suspected: this.suspicion !== undefined,
      sinceMs: Math.round(state.sinceMs + toWall),
      reason: this.#reason(),
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

  #reason(): string {
    if (this.#state.kind === 'ejected') return this.#state.reason;
    if (this.#state.kind === 'draining') return this.group.whyDraining(this);
    if (!this.address) return this.resolveError ?? 'its name is being looked up';
    return this.suspicion ?? '';
  }
}

/** Its address as probes take it, with the name that its certificate has to be for. */
export function probeTarget({ address, endpoint }: Upstream): ProbeTarget | undefined {
  const host = endpoint.address.kind === 'tcp' ? endpoint.address.host : 'localhost';
  return address && { address, host };
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
