import type { Config } from '../model/config.js';
import type { DesiredState } from '../model/desired-state.js';
import type { AppliedVerdict, Preview, RejectedVerdict, Verdict } from '../model/plan.js';
import type { ConfigReading, SourceStatus, Unread } from '../model/ports.js';
import type { GatewayView, SessionFilter, SessionView } from '../model/views.js';

/** What the admin server, the metrics and the status page know of the process: look-ups, no events. */
export interface AdminBackend {
  /** Brings `gateways` and `readiness` up to date: they are of a moment after this call. Never rejects. */
  look(): Promise<void>;
  gateways(): readonly GatewayView[];
  sources(): readonly SourceStatus[];
  readiness(): Readiness;
  /** `gateway/endpoint` of those that a person drains. */
  drainedByHand(): readonly string[];
  /** Of one gateway; undefined: there is no such gateway. */
  readinessOf(gateway: string): Readiness | undefined;
  /** The configuration as last read, whether or not it runs. */
  reading(): ConfigReading;
  /** What lies on disk in its place by now, where nobody follows that; undefined: the same. Never rejects. */
  unread(): Promise<Unread | undefined>;
  /** The configuration that runs; undefined before the first one is applied. */
  running(): RunningConfig | undefined;
  /** What runs: configuration and discovered endpoints; undefined before the first is applied. */
  desired(): DesiredState | undefined;
  reconciles(): ReconcileHistory;
  /** Of those that fit, the oldest first. */
  sessions(filter: SessionFilter): Promise<readonly SessionView[]>;
  /** Closes those that fit, paced; resolves with how many they are. */
  closeSessions(filter: SessionFilter): Promise<number>;
  /**
   * Drains an endpoint, or takes that back. Resolves once it is so.
   * @throws GatewayError with code ENOENT where there is no such endpoint, and where it cannot be done.
   */
  drain(gateway: string, endpoint: string, isDrained: boolean): Promise<Drained>;
  /** Reads the configuration again now. Resolves with the verdict of the run that saw it. */
  reload(): Promise<Verdict>;
  /** What a reload would do now. Changes nothing. */
  dryRun(): Promise<Preview>;
}

/** What has become of a `drain` or `undrain`. */
export interface Drained {
  readonly gateway: string;
  readonly endpoint: string;
  readonly draining: boolean;
  /** Sessions that it has. */
  readonly sessions: number;
}

/** Ready: every listener is bound and some upstream of each gateway is believed alive. */
export interface Readiness {
  readonly ready: boolean;
  /** Sentences; empty when ready. */
  readonly reasons: readonly string[];
}

export interface RunningConfig {
  /** The file's path, or `flags`. */
  readonly source: string;
  readonly config: Config;
  readonly hash: string;
}

export interface ReconcileHistory {
  /** Number of desired states applied so far. */
  readonly generation: number;
  readonly last: Verdict | undefined;
  readonly lastApplied: AppliedVerdict | undefined;
  readonly lastRejected: RejectedVerdict | undefined;
}

/** The process, as it tells about itself. */
export interface About {
  readonly version: string;
  /** The runtime's version, as `v20.20.0`. */
  readonly node: string;
  readonly pid: number;
  /** Wall clock, ms since the epoch. */
  readonly startedAtMs: number;
}
