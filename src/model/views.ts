import type { SessionEnd } from './events.js';

/** What runs, for those who look on: copies, taken when asked for. */
export interface GatewayView {
  readonly name: string;
  readonly listeners: readonly string[];
  readonly upstreams: readonly UpstreamView[];
  /** Clients waiting for an upstream. */
  readonly dialing: number;
  /** Why health checks cannot be made; undefined if they can, or are off. */
  readonly checksImpossible?: string | undefined;
}

/** `resolving`: nothing is known against it, but its name has no address yet. */
/** One client's session. */
export interface SessionView {
  /** Of no other session of the process. */
  readonly id: number;
  readonly gateway: string;
  /** Empty while it is dialing. */
  readonly endpoint: string;
  /** Which address of the endpoint's name; absent where it is no name. */
  readonly address?: string;
  /** `host:port`; `unix` where it came through a unix socket. */
  readonly client: string;
  readonly state: 'dialing' | 'open' | 'half-closed';
  readonly ageMs: number;
  /** Since the last byte, either way. */
  readonly idleMs: number;
  /** From the client to the endpoint. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Which sessions are meant: all that fit everything that is given. */
export interface SessionFilter {
  readonly ids?: readonly number[] | undefined;
  readonly gateway?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly olderThanMs?: number | undefined;
}

export type UpstreamStateName = 'healthy' | 'resolving' | 'ejected' | 'draining' | 'closed';

export interface UpstreamView {
  readonly endpoint: string;
  /** Which address of the endpoint's name it is for; absent where it is no name, or has none yet. */
  readonly address?: string;
  /** Where it is dialed: one, or none yet. */
  readonly addresses: readonly string[];
  /** The addresses of a name share the endpoint's: together they have it. */
  readonly weight: number;
  readonly priority: number;
  readonly state: UpstreamStateName;
  readonly suspected: boolean;
  /** Wall clock, ms since the epoch. */
  readonly sinceMs: number;
  /** Why it is not healthy; empty if it is. */
  readonly reason: string;
  /** Wall clock of the next try of an ejected upstream; undefined where health checks try it. */
  readonly retryAtMs: number | undefined;
  readonly sessions: number;
  readonly counters: UpstreamCounters;
  readonly lastError: { readonly message: string; readonly atMs: number } | undefined;
}

/** Monotonic, kept across reloads for as long as the upstream lives. */
export interface UpstreamCounters {
  readonly sessionsOpened: number;
  readonly sessionsClosed: Readonly<Partial<Record<SessionEnd, number>>>;
  /** From clients to the endpoint. */
  readonly bytesSent: number;
  /** From the endpoint to clients. */
  readonly bytesReceived: number;
  readonly dialFailures: number;
  readonly ejections: number;
}

/** Puts together what was told in portions: those of one name are one gateway. */
export function joinViews(parts: Iterable<GatewayView>): readonly GatewayView[] {
  const views = new Map<string, GatewayView>();
  for (const part of parts) {
    const view = views.get(part.name);
    views.set(part.name, view ? joined(view, part) : part);
  }
  return [...views.values()];
}

function joined(view: GatewayView, part: GatewayView): GatewayView {
  const upstreams = [...view.upstreams, ...part.upstreams];
  return { ...view, upstreams, dialing: view.dialing + part.dialing };
}
