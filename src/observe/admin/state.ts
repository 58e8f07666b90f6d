import type { ConfigProblem } from '../../model/config.js';
import type { AppliedVerdict, RejectedVerdict, Verdict } from '../../model/plan.js';
import type { ConfigReading, SourceStatus, Unread } from '../../model/ports.js';
import { endpointKey } from '../../model/endpoint.js';
import type { DesiredGateway } from '../../model/desired-state.js';
import type { GatewayView, UpstreamView } from '../../model/views.js';
import type {
  About,
  AdminBackend,
  Readiness,
  ReconcileHistory,
  RunningConfig,
} from '../backend.js';
import { viewConfig, type JsonObject } from '../../model/config-view.js';
import { excerpt, type ExcerptLine } from './excerpt.js';

/**
 * Body of `GET /api/v1/state`. Within version 1 fields are only added. Names ending in `Ms` are
 * milliseconds, those ending in `AtMs` since the epoch; a value that is not known is absent.
 */
export interface State {
  readonly version: 1;
  readonly nowMs: number;
  readonly process: About;
  readonly ready: boolean;
  /** Why it is not ready; empty if it is. */
  readonly reasons: readonly string[];
  readonly generation: number;
  readonly config: ConfigState;
  readonly reloads: {
    readonly last?: Verdict;
    readonly lastApplied?: AppliedVerdict;
    readonly lastRejected?: RejectedVerdict;
  };
  readonly sources: readonly SourceStatus[];
  readonly gateways: readonly GatewayState[];
  /** `gateway/endpoint` of those that a person drains; absent: none. */
  readonly drainedByHand?: readonly string[];
}

/** With its readiness, as `/readyz/GATEWAY` tells it. */
export interface GatewayState extends GatewayView, Readiness {
  /** Absent: no limit is set. */
  readonly maxSessions?: number;
  readonly upstreams: readonly UpstreamState[];
}

export interface UpstreamState extends UpstreamView {
  /** Of its endpoint, whose addresses share it; absent: no limit is set. */
  readonly maxSessions?: number | undefined;
}

export interface ConfigState {
  /** The file's path, or `flags`. */
  readonly source: string;
  /** Hash of the configuration that runs. */
  readonly hash?: string;
  readonly file: FileState;
  /** What runs, defaults filled in, in the words of the file. */
  readonly effective: JsonObject;
}

/** How what lies on disk stands to what runs. */
export type FileState =
  | { readonly status: 'running'; readonly hash: string }
  | {
      readonly status: 'refused';
      readonly hash: string;
      readonly reason: string;
      readonly problems: readonly ShownProblem[];
    }
  | { readonly status: 'missing'; readonly reason: string }
  /** With `reload.watch: false`: it has changed, and nobody has asked for it. */
  | { readonly status: 'pending'; readonly hash: string; readonly reason: string };

export interface ShownProblem extends ConfigProblem {
  /** The problem's line with its neighbours. */
  readonly excerpt: readonly ExcerptLine[];
}

export function buildState(
  backend: AdminBackend,
  about: About,
  nowMs: number,
  unread?: Unread,
): State {
  const history = backend.reconciles();
  const drained = backend.drainedByHand();
  return {
    version: 1,
    nowMs,
    process: about,
    ...backend.readiness(),
    generation: history.generation,
    config: buildConfigState(backend, history, unread),
    reloads: buildReloads(history),
    sources: backend.sources(),
    gateways: backend.gateways().map((view) => buildGateway(view, backend)),
    ...(drained.length > 0 && { drainedByHand: drained }),
  };
}

const goneMeanwhile: Readiness = { ready: false, reasons: ['the gateway has been removed'] };

function buildGateway(view: GatewayView, backend: AdminBackend): GatewayState {
  const desired = backend.desired()?.gateways.get(view.name);
  const maxSessions = desired?.settings.maxSessions ?? 0;
  return {
    ...view,
    ...(backend.readinessOf(view.name) ?? goneMeanwhile),
    ...(maxSessions > 0 && { maxSessions }),
    upstreams: withLimits(view.upstreams, desired),
  };
}

function withLimits(
  upstreams: readonly UpstreamView[],
  desired: DesiredGateway | undefined,
): readonly UpstreamState[] {
  const limited = desired?.endpoints.filter(({ maxSessions }) => maxSessions > 0) ?? [];
  if (limited.length === 0) return upstreams;
  const limits = new Map(limited.map((each) => [endpointKey(each), each.maxSessions]));
  return upstreams.map((upstream) => {
    const maxSessions = limits.get(upstream.endpoint);
    return maxSessions === undefined ? upstream : { ...upstream, maxSessions };
  });
}

function buildReloads({ last, lastApplied, lastRejected }: ReconcileHistory): State['reloads'] {
  return {
    ...(last && { last }),
    ...(lastApplied && { lastApplied }),
    ...(lastRejected && { lastRejected }),
  };
}

function buildConfigState(
  backend: AdminBackend,
  history: ReconcileHistory,
  unread: Unread | undefined,
): ConfigState {
  const [reading, running] = [backend.reading(), backend.running()];
  return {
    source: running?.source ?? (reading.kind === 'config' ? '' : reading.file),
    ...(running && { hash: running.hash }),
    file: unread
      ? buildUnread(unread, running)
      : buildFileState(reading, running, history.lastRejected),
    effective: running ? viewConfig(running.config) : {},
  };
}

const pendingReason =
  'it has changed and is pending: reload.watch is false, etcd-gateway reload or SIGHUP takes it up';

function buildUnread(unread: Unread, running: RunningConfig | undefined): FileState {
  if ('reason' in unread) return { status: 'missing', reason: unread.reason };
  const { hash } = unread;
  if (hash === running?.hash) return { status: 'running', hash };
  return { status: 'pending', hash, reason: pendingReason };
}

export function buildFileState(
  reading: ConfigReading,
  running: RunningConfig | undefined,
  rejected: RejectedVerdict | undefined,
): FileState {
  if (reading.kind === 'missing') return { status: 'missing', reason: reading.reason };
  if (reading.kind === 'invalid') {
    const problems = reading.problems.map((problem) => ({
      ...problem,
      excerpt: excerpt(reading.text, problem.line),
    }));
    return { status: 'refused', hash: reading.hash, reason: 'the file is invalid', problems };
  }
  if (reading.hash !== running?.hash && rejected) {
    return { status: 'refused', hash: reading.hash, reason: rejected.reason, problems: [] };
  }
  return { status: 'running', hash: reading.hash };
}
