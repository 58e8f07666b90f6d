import type { Address } from './address.js';
import type { ConfigProblem } from './config.js';
import type { DesiredGateway, ProcessSettings } from './desired-state.js';
import type { Endpoint } from './endpoint.js';

/** What must change for current to become desired. Empty: nothing at all happens. */
export interface Plan {
  readonly added: readonly DesiredGateway[];
  /** Names. */
  readonly removed: readonly string[];
  readonly updated: readonly GatewayUpdate[];
  /** Keys of the process settings whose values differ. */
  readonly process: readonly (keyof ProcessSettings)[];
}

export interface GatewayUpdate {
  readonly name: string;
  readonly listeners: { readonly added: readonly Address[]; readonly removed: readonly Address[] };
  readonly endpoints: EndpointChanges;
  /** Names of the settings whose values differ, in the file's spelling. */
  readonly settings: readonly string[];
}

export interface EndpointChanges {
  readonly added: readonly Endpoint[];
  readonly removed: readonly Endpoint[];
  /** The new values of endpoints that keep their key. */
  readonly updated: readonly Endpoint[];
  /** The same endpoints in another order: only the rotation follows. */
  readonly reordered: boolean;
}

/** The plan as people read it: in a log line, from `reload`, in the timeline. */
export interface PlanSummary {
  readonly gateways: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly updated: readonly string[];
  };
  /** `gateway/address` each. */
  readonly listeners: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** `gateway/address` each. */
  readonly endpoints: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly updated: readonly string[];
  };
  /** `gateway.setting` or `log`, `dns`, … each. */
  readonly settings: readonly string[];
  /** What changes of updated endpoints and settings, by their names here: `weight 1 → 10`. */
  readonly values: Readonly<Record<string, string>>;
}

/** How a reconcile run ended. */
export type Verdict = AppliedVerdict | UnchangedVerdict | RejectedVerdict;

interface VerdictBase {
  readonly reconcileId: number;
  /** What asked for the run, joined where several did: `file`, `SIGHUP`, `srv`, `admin`. */
  readonly trigger: string;
  /** Somebody asked for it and waits for an answer; absent: something has changed. */
  readonly asked?: true;
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly durationMs: number;
  /** Number of desired states applied so far. */
  readonly generation: number;
  /** Files that the running configuration names and that cannot be used; absent: none, or nobody asked. */
  readonly warnings?: readonly string[];
}

export interface AppliedVerdict extends VerdictBase {
  readonly outcome: 'applied';
  readonly plan: PlanSummary;
  /** Sessions on upstreams that this run took out; they go on. */
  readonly sessionsDraining: number;
}

export interface UnchangedVerdict extends VerdictBase {
  readonly outcome: 'unchanged';
  /** The run that made it so: often the file's watch, a moment before somebody asks. */
  readonly lastApplied?: AppliedVerdict;
}

/** Nothing has changed; what ran before runs on. */
export interface RejectedVerdict extends VerdictBase {
  readonly outcome: 'rejected';
  /** `configuration`: it is wrong or cannot be read; `apply`: it is right but cannot be had now. */
  readonly at: 'configuration' | 'apply';
  /** The configuration's source: a path, or `flags`. */
  readonly source: string;
  readonly reason: string;
  /** When it is tried again by itself; absent: when the configuration changes, or somebody asks. */
  readonly retryInMs?: number;
  /** Where in the file; empty if the file is not at fault. */
  readonly problems: readonly ConfigProblem[];
}

/** What a reload would do now. */
export type Preview =
  | {
      readonly outcome: 'dry-run';
      /** Absent: nothing would change. */ readonly plan?: PlanSummary;
    }
  | Pick<RejectedVerdict, 'outcome' | 'source' | 'reason' | 'problems'>;
