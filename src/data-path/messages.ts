import type { Address } from '../model/address.js';
import type { GatewaySettings, HealthCheckSettings } from '../model/config.js';
import type { DesiredState } from '../model/desired-state.js';
import type { Endpoint } from '../model/endpoint.js';
import type { GatewayEvent } from '../model/events.js';
import type { GatewayView, SessionFilter, SessionView } from '../model/views.js';
import type { ProbeResult, ProbeTarget } from '../pool/probe-result.js';
import type { RetryOutcome } from '../pool/retry.js';
import type { Ejection } from '../pool/upstream.js';
import type { PassedSocket } from '../proxy/inherited.js';

/** What the data path does for the main thread. Plain data crosses, complete each time. */
export interface DataPathMethods {
  /** Answers once the thread runs. */
  ready(): void;
  /**
   * To be called before anything else.
   * @throws GatewayError where a passed socket is none to listen on.
   */
  open(options: OpenOptions): Promise<Opened>;
  /** As `Applier`: a `commit` or a `rollback` follows. */
  prepare(desired: DesiredState): Promise<void>;
  commit(): number;
  rollback(): Promise<void>;
  /** Tells how things are, in portions through `view`, and sums up. */
  look(): Promise<Summary>;
  sessionCount(): number;
  /** Tells of those that fit, in portions through `sessions`, in the order in which they came. */
  listSessions(request: number, filter: SessionFilter): Promise<void>;
  /** Closes those that fit, paced; returns how many they are. */
  closeSessions(filter: SessionFilter): number;
  /** Where the admin server listens: nothing dials it. */
  adminChanged(addresses: readonly Address[]): void;
  /** Tries listeners whose address or file was lost, at once. */
  bindLost(): Promise<void>;
  /** No new clients; sessions go on. */
  closeListeners(): void;
  /** Ends everything, and the thread with it; returns how many sessions that has cost. */
  close(): number;
  /** Answers to `track`. */
  resolved(id: number, host: HostState): void;
}

/** What the main thread does for the data path. */
export interface MainMethods {
  /** In the order in which they happened. */
  event(event: GatewayEvent): void;
  /** Some of what was asked for by the `listSessions` of that number. */
  sessions(request: number, some: readonly SessionView[]): void;
  /** How long dials of a gateway took to connect, in ms; all of them by the end of a `look`. */
  dialed(gateway: string, durationsMs: Float64Array): void;
  /** A part of what `look` tells: parts of one gateway follow each other. */
  view(part: GatewayView): void;
  probe(target: ProbeTarget, settings: HealthCheckSettings): Promise<ProbeResult>;
  obstacle(settings: HealthCheckSettings): Promise<string | undefined>;
  retry(target: ProbeTarget, ejection: Ejection, settings: GatewaySettings): Promise<RetryOutcome>;
  /** Where the gateways listen, as the system has it: nothing dials that either. */
  listenersChanged(listeners: readonly Address[]): void;
  /** `resolved` tells of its addresses from now on, until `untrack`. */
  track(id: number, host: string, endpoint: Endpoint | undefined): void;
  untrack(id: number): void;
}

export interface OpenOptions {
  readonly passed: readonly PassedSocket[];
  /** Soft limit of file descriptors; undefined: none, or not known. */
  readonly fdLimit: number | undefined;
  readonly fdsInUse: number;
  /** How many events the main thread has taken, as one 32-bit number. */
  readonly taken: SharedArrayBuffer;
}

export interface Opened {
  readonly sockets: 'kernel' | 'portable';
}

export interface Summary {
  /** Why each address that should be bound is not. */
  readonly lostListeners: readonly string[];
  readonly gateways: readonly GatewayHealth[];
}

export interface GatewayHealth {
  readonly name: string;
  /** Whether some upstream is believed alive. */
  readonly hasHealthy: boolean;
  /** What is wrong with its upstreams; empty if there is none. */
  readonly whyDown: string;
}

/** Addresses of a host name, as `TrackedHost` has them. */
export interface HostState {
  readonly addresses: readonly string[];
  readonly settled: boolean;
  readonly error: string | undefined;
}
