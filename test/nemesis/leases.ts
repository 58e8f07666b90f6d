import { setTimeout as sleep } from 'node:timers/promises';

import type { EtcdClient, WatchEvent } from './client.js';

/**
 * Much longer than any spell in which the cluster cannot answer, and than the nemesis stops a
 * member: a leader that was stopped for longer than the TTL revokes, when it goes on, leases that
 * its successor has renewed (a flaw of etcd itself, https://github.com/etcd-io/etcd/issues/15247).
 */
const ttlSeconds = 20;

const renewEveryMs = 1_000;

/** Holds a key by a lease and keeps that alive; what happens to it is seen by a watcher. */
export class LeaseHolder {
  readonly problems: string[] = [];
  readonly name: string;
  renewals = 0;
  /** Leases whose TTL had passed without an answered renewal: etcd may take them. */
  lapsed = 0;
  readonly #client: EtcdClient;
  #count = 0;
  #key = '';
  /** The lease cannot expire before this moment: TTL after the last answered renewal was sent. */
  #validUntilMs = 0;

  constructor(name: string, client: EtcdClient) {
    this.name = name;
    this.#client = client;
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) await this.#hold(stop).catch(async () => sleep(100));
  }

  /** Tells the holder what a watcher has seen. */
  observe({ type, key, revision }: WatchEvent): void {
    if (type === 'delete' && key === this.#key) this.#lost(`its key went at revision ${revision}`);
  }

  async #hold(stop: AbortSignal): Promise<void> {
    const grantedMs = performance.now();
    const lease = await this.#client.grant(ttlSeconds);
    this.#validUntilMs = grantedMs + ttlSeconds * 1_000;
    this.#key = `leases/${this.name}/${++this.#count}`;
    await persistently(async () => this.#client.put(this.#key, lease, lease), stop);
    while (!stop.aborted && this.#key !== '') {
      await this.#renew(lease);
      await sleep(renewEveryMs, undefined, { signal: stop }).catch(() => undefined);
    }
    this.#key = '';
    await persistently(async () => this.#client.revoke(lease), AbortSignal.timeout(60_000));
  }

  async #renew(lease: string): Promise<void> {
    const sentMs = performance.now();
    const ttl = await this.#client.keepAlive(lease).catch(() => undefined);
    if (ttl === undefined) return;
    if (ttl === 0) {
      this.#lost('a renewal was refused');
      return;
    }
    this.renewals += 1;
    this.#validUntilMs = sentMs + ttl * 1_000;
  }

  #lost(how: string): void {
    const leftMs = Math.round(this.#validUntilMs - performance.now());
    if (leftMs > 0) this.problems.push(`${this.#key} ${leftMs} ms too early: ${how}`);
    else this.lapsed += 1;
    this.#key = '';
  }
}

async function persistently(attempt: () => Promise<unknown>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const done = await attempt().then(
      () => true,
      () => false,
    );
    if (done) return;
    await sleep(100);
  }
}
