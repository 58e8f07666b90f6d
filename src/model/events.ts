import type { Verdict } from './plan.js';

/**
 * Everything worth telling, as data. Emitters know nothing of logs, metrics or pages.
 * Rare events only, except `session-closed`, `dial-…` and `client-refused`: one a session at most.
 */
export type GatewayEvent =
  | { readonly type: 'reconciled'; readonly verdict: Verdict }
  | ({
      readonly type: 'upstream-ejected';
      readonly reason: string;
      /** Undefined: its health checks bring it back. */
      readonly retryInMs: number | undefined;
    } & At)
  | ({ readonly type: 'upstream-returned'; readonly ejectedForMs: number } & At)
  | {
      readonly type: 'pool-down';
      readonly gateway: string;
      readonly reason: string;
      /** Whether clients are offered to its endpoints all the same; false: all of them drain. */
      readonly isOffered: boolean;
    }
  | { readonly type: 'pool-up'; readonly gateway: string; readonly downForMs: number }
  | ({ readonly type: 'dial-connected'; readonly durationMs: number } & At)
  | ({
      readonly type: 'dial-failed';
      /** The code. */
      readonly reason: string;
      /** What this machine is short of, in words; undefined: that is not why. */
      readonly limit?: string | undefined;
      readonly durationMs: number;
    } & At)
  | SessionClosedEvent
  | {
      readonly type: 'client-refused';
      readonly gateway: string;
      readonly reason: RefusalReason;
      readonly client: string;
      /** In sessions; undefined: it is no limit that refuses. */
      readonly limit?: number | undefined;
    }
  | ({
      readonly type: 'health-checked';
      readonly ok: boolean;
      readonly reason: string;
      readonly durationMs: number;
      /** False: it could not be made, for a reason of this process. */
      readonly made: boolean;
    } & At)
  | { readonly type: 'checks-impossible'; readonly gateway: string; readonly reason: string }
  | { readonly type: 'checks-possible'; readonly gateway: string }
  | {
      readonly type: 'source-answered';
      readonly gateway: string;
      readonly source: SourceKind;
      readonly endpoints: readonly string[];
      readonly nextInMs: number;
    }
  | {
      readonly type: 'source-failed';
      readonly gateway: string;
      readonly source: SourceKind;
      readonly reason: string;
      /** Number of endpoints of the last good answer that stay in use. */
      readonly kept: number;
      readonly nextInMs: number;
    }
  | {
      readonly type: 'target-refused';
      readonly gateway: string;
      readonly source: SourceKind;
      readonly target: string;
      readonly reason: string;
    }
  | {
      readonly type: 'host-failed';
      readonly host: string;
      readonly reason: string;
      readonly kept: number;
    }
  | { readonly type: 'host-resolved'; readonly host: string; readonly addresses: readonly string[] }
  | {
      readonly type: 'dns-queried';
      readonly server: string;
      readonly name: string;
      readonly recordType: string;
      /** `answer`, `nxdomain`, `nodata`, `timeout`, `servfail`, `refused`, … */
      readonly outcome: string;
      readonly durationMs: number;
    }
  | { readonly type: 'file-missing'; readonly file: string; readonly reason: string }
  | { readonly type: 'file-back'; readonly file: string }
  | {
      readonly type: 'notice';
      readonly level: 'error' | 'warn' | 'info' | 'debug';
      readonly message: string;
      readonly fields: Fields;
    };

interface At {
  readonly gateway: string;
  readonly endpoint: string;
  /** Which address of the endpoint's name; absent where it is no name. */
  readonly address?: string;
}

export type Fields = Readonly<Record<string, unknown>>;

export type SourceKind = 'srv' | 'members';

export type RefusalReason =
  'no-endpoint' | 'all-failed' | 'max-sessions' | 'fd-limit' | 'denied' | 'loop';

/** Why a session ended; `done`: both sides finished. */
export type SessionEnd =
  | 'done'
  | 'client-reset'
  | 'endpoint-reset'
  | 'idle'
  | 'max-age'
  | 'first-byte-timeout'
  | 'drain-timeout'
  | 'ejected'
  | 'rebalanced'
  | 'loop'
  | 'shutdown'
  /** By `sessions close`. */
  | 'admin';

export interface SessionClosedEvent {
  readonly type: 'session-closed';
  readonly gateway: string;
  readonly endpoint: string;
  /** Which address of the endpoint's name; absent where it is no name. */
  readonly address?: string;
  readonly client: string;
  /** Bytes from client to endpoint. */
  readonly bytesSent: number;
  /** Bytes from endpoint to client. */
  readonly bytesReceived: number;
  readonly durationMs: number;
  readonly end: SessionEnd;
}

/** Takes every event; must not throw and must not block. */
export type Observer = (event: GatewayEvent) => void;
