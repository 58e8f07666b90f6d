import type { Config, ConfigProblem, GatewayConfig } from './config.js';
import type { DesiredState } from './desired-state.js';
import type { Endpoint } from './endpoint.js';
import type { SourceKind } from './events.js';
import type { Plan } from './plan.js';

/** Time, injected so that tests can turn it. */
export interface Clock {
  /** Monotonic, ms with fractions; comparable only with itself. */
  nowMs(): number;
  /** Wall clock, ms since the epoch; for people only. */
  wallMs(): number;
  /** Calls once after `delayMs`; the timer belongs to the caller, who must cancel it. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent; the callback will not run after it. */
  cancel(): void;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** The configuration as last read whole. */
export type ConfigReading =
  | { readonly kind: 'config'; readonly config: Config; readonly hash: string }
  | {
      readonly kind: 'invalid';
      /** The source's name as problems are prefixed with: the file's path. */
      readonly file: string;
      readonly problems: readonly ConfigProblem[];
      /** The refused text, for showing a problem's line in its context. */
      readonly text: string;
      readonly hash: string;
    }
  | { readonly kind: 'missing'; readonly file: string; readonly reason: string };

/** Where the configuration comes from: a file or flags. */
export interface ConfigSource {
  /** A path, or `flags`. */
  readonly name: string;
  /** Last whole reading, never a half-written one; `missing` while there is nothing to read. Pure look-up. */
  latest(): ConfigReading;
  /** Reads again now; `latest()` is of now when it resolves. Never rejects. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** What lies on disk and has not been read: another content, or why there is none. */
export type Unread = { readonly hash: string } | { readonly reason: string };

/** A complete answer of a discovery. */
export interface EndpointSnapshot {
  readonly endpoints: readonly Endpoint[];
}

/** For those who look at a source from outside. Times are on the wall clock. */
export interface SourceStatus {
  readonly gateway: string;
  readonly kind: SourceKind;
  /** What is asked: a domain, or the seeds. */
  readonly subject: string;
  readonly answeredAtMs: number | undefined;
  readonly endpoints: number;
  /** Why the latest attempt failed; undefined after a success. */
  readonly error: string | undefined;
  readonly nextAtMs: number | undefined;
}

/** One discovery of one gateway. It triggers when its answer differs from the one before. */
export interface EndpointSource {
  /** Last good answer; undefined: has never answered. */
  snapshot(): EndpointSnapshot | undefined;
  status(): SourceStatus;
  /** Looks again now; a look under way is enough. */
  refresh(): void;
  /** Resolves when the first attempt has ended, either way, or on close. Never rejects. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** All discoveries of all gateways; each tells through its trigger that it has another answer. */
export interface Discoveries {
  /** Starts those that are new, keeps those whose settings stand, closes the rest. */
  sync(gateways: readonly GatewayConfig[]): void;
  /** Last good answer; undefined: has never answered. */
  snapshot(gateway: string): EndpointSnapshot | undefined;
  statuses(): readonly SourceStatus[];
  /** Looks again now, all of them; answers arrive by trigger. */
  refresh(): void;
  /** Resolves when each has answered or failed at least once. Never rejects. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** "Look again"; carries no data. `reason` is for people. */
export type Trigger = (reason: string) => void;

/** Addresses of host names, refreshed in the background. */
export interface HostAddresses {
  /**
   * `changed` is called after each change of `addresses` or `settled`, never from inside `track`.
   * `endpoint`: what is dialed there; addresses that take no connection then replace none that do, and those
   * that it must not lead to are left out.
   */
  track(host: string, changed: () => void, endpoint?: Endpoint): TrackedHost;
}

export interface TrackedHost {
  /** IP literals, last good; empty until the first answer. */
  readonly addresses: readonly string[];
  /** Whether at least one attempt has ended. */
  readonly settled: boolean;
  /** Why the latest attempt failed. */
  readonly error: string | undefined;
  /** Idempotent. */
  close(): void;
}

/** One who takes part in applying a plan, in two phases. */
export interface Applier {
  /**
   * Does everything that can fail and changes nothing that runs.
   * @throws GatewayError when the plan cannot be applied; what it built is gone again by then.
   */
  prepare(plan: Plan, desired: DesiredState): Promise<Prepared>;
}

export interface Prepared {
  /** Makes it so; cannot fail. Returns how many sessions go on at upstreams that it took out. */
  commit(): number | Promise<number>;
  /** Undoes the preparation. Never rejects. */
  rollback(): Promise<void>;
}

/** Prepared where it is committed: in one turn. */
export interface PreparedHere extends Prepared {
  commit(): number;
}
