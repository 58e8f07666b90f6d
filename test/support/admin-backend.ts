import type { Config, ConfigProblem } from '../../src/model/config.js';
import type { DesiredState } from '../../src/model/desired-state.js';
import type { Preview, Verdict } from '../../src/model/plan.js';
import type { ConfigReading, SourceStatus } from '../../src/model/ports.js';
import type { GatewayView, SessionView, UpstreamView } from '../../src/model/views.js';
import type {
  About,
  AdminBackend,
  Drained,
  Readiness,
  ReconcileHistory,
  RunningConfig,
} from '../../src/observe/backend.js';
import { configOf, defaultAdmin, endpointsAt, gatewayConfig, settingsWith } from './desired.js';

export const about: About = { version: '1.2.3', node: 'v20.20.0', pid: 42, startedAtMs: 1_000 };

/** A backend whose answers a test sets directly. */
export class PlainBackend implements AdminBackend {
  look = (): Promise<void> => Promise.resolve();
  drainedByHand = (): readonly string[] => [];
  sessions = (): Promise<readonly SessionView[]> => Promise.resolve([]);
  closeSessions = (): Promise<number> => Promise.resolve(0);
  drain = (gateway: string, endpoint: string, draining: boolean): Promise<Drained> =>
    Promise.resolve({ gateway, endpoint, draining, sessions: 0 });
  views: GatewayView[] = [gatewayView('main', [upstreamView('10.0.0.1:2379')])];
  statuses: SourceStatus[] = [];
  ready: Readiness = { ready: true, reasons: [] };
  read: ConfigReading = { kind: 'config', config, hash: 'aaaa' };
  runs: RunningConfig | undefined = { source: '/etc/gateway.yaml', config, hash: 'aaaa' };
  history: ReconcileHistory = {
    generation: 1,
    last: undefined,
    lastApplied: undefined,
    lastRejected: undefined,
  };
  state: DesiredState | undefined;
  verdict: Verdict = unchanged;
  reloads = 0;
  /** Times that somebody has asked for the state. */
  looks = 0;

  gateways = (): readonly GatewayView[] => this.views;
  sources = (): readonly SourceStatus[] => {
    this.looks += 1;
    return this.statuses;
  };
  readiness = (): Readiness => this.ready;
  readinessOf = (gateway: string): Readiness | undefined =>
    this.views.some(({ name }) => name === gateway) ? this.ready : undefined;
  desired = (): DesiredState | undefined => this.state;
  unread = (): Promise<undefined> => Promise.resolve(undefined);
  reading = (): ConfigReading => this.read;
  running = (): RunningConfig | undefined => this.runs;
  reconciles = (): ReconcileHistory => this.history;
  preview: Preview = { outcome: 'dry-run' };
  dryRun = (): Promise<Preview> => Promise.resolve(this.preview);
  reload(): Promise<Verdict> {
    this.reloads += 1;
    return Promise.resolve(this.verdict);
  }
}

export const base = { reconcileId: 7, trigger: 'admin', atMs: 5_000, durationMs: 3, generation: 2 };

export const unchanged: Verdict = { outcome: 'unchanged', ...base };

export const rejected = {
  outcome: 'rejected',
  ...base,
  at: 'configuration',
  source: '/etc/gateway.yaml',
  reason: '/etc/gateway.yaml has a mistake',
  problems: [] as readonly ConfigProblem[],
} as const;

export const applied = {
  outcome: 'applied',
  ...base,
  sessionsDraining: 2,
  plan: {
    gateways: { added: [], removed: [], updated: ['main'] },
    listeners: { added: ['main/127.0.0.1:23792'], removed: [] },
    endpoints: { added: ['main/10.0.0.3:2379'], removed: ['main/10.0.0.2:2379'], updated: [] },
    settings: ['main.retry-delay'],
    values: { 'main.retry-delay': '1m0s → 30s' },
  },
} as const;

export function gatewayView(name: string, upstreams: readonly UpstreamView[]): GatewayView {
  return { name, listeners: ['127.0.0.1:23790'], upstreams, dialing: 0 };
}

export function upstreamView(endpoint: string, other: Partial<UpstreamView> = {}): UpstreamView {
  return {
    endpoint,
    addresses: [endpoint.replace(/:\d+$/, '')],
    weight: 1,
    priority: 0,
    state: 'healthy',
    suspected: false,
    sinceMs: 2_000,
    reason: '',
    retryAtMs: undefined,
    sessions: 3,
    counters: {
      sessionsOpened: 10,
      sessionsClosed: { done: 7 },
      bytesSent: 1024,
      bytesReceived: 4096,
      dialFailures: 1,
      ejections: 0,
    },
    lastError: undefined,
    ...other,
  };
}

export const config: Config = {
  ...configOf(
    gatewayConfig({
      endpoints: endpointsAt('10.0.0.1:2379'),
      settings: settingsWith({
        rebalance: { toleranceRatio: 0.2, quietForMs: 5_000, maxPerSecond: 1 },
      }),
    }),
  ),
  admin: defaultAdmin,
};
