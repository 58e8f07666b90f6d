import type { Result, Value } from './history.js';

/** What etcd says of one key. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly revision: number;
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** Empty for a delete. */
  readonly value: string;
  readonly revision: number;
}

/** A page of a prefix, and the cluster's revision when it was read. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly more: boolean;
  readonly revision: number;
}

/**
 * One client of etcd over one session at a time. It never tries anything twice by itself: an error
 * after a request was sent means that its outcome is unknown, and only the caller knows whether the
 * request may be repeated. After an error the next request takes another session.
 */
export interface EtcdClient {
  /** Resolves to the revision of the write. */
  put(key: string, value: string, lease?: string): Promise<number>;
  /** Linearizable. */
  get(key: string): Promise<Value>;
  /** Writes `value` if `expected` stands there; `undefined`: if there is no such key. */
  cas(key: string, expected: Value, value: string): Promise<Result>;
  /** Keys of a prefix after `after`, in order. Linearizable. */
  page(prefix: string, after: string, limit: number): Promise<Page>;
  /** Resolves to the lease's id. */
  grant(ttlSeconds: number): Promise<string>;
  /** Resolves to the TTL in seconds; 0: there is no such lease. */
  keepAlive(lease: string): Promise<number>;
  /** A lease that is not there any more is no error. */
  revoke(lease: string): Promise<void>;
  /** Watches all keys from `revision` on until the session ends; never rejects. */
  watch(revision: number, take: (events: readonly WatchEvent[]) => void): Watching;
  close(): void;
}

export interface Watching {
  readonly ended: Promise<void>;
  cancel(): void;
}

/** Longer than any answer takes while the cluster has a leader. */
export const answerLimitMs = 3_000;

/** The key after the last one with this prefix; prefixes are ASCII. */
export function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
