import type { GatewaySettings } from '../../src/model/config.js';
import type { Endpoint } from '../../src/model/endpoint.js';
import type { GatewayEvent, SessionEnd } from '../../src/model/events.js';
import type { HostAddresses } from '../../src/model/ports.js';
import { Pool } from '../../src/pool/pool.js';
import type { ProbeResult } from '../../src/pool/probe-result.js';
import type { RetryOutcome } from '../../src/pool/retry.js';
import type { Upstream, UpstreamSession } from '../../src/pool/upstream.js';
import { endpointsAt, settingsWith } from './desired.js';
import { SteppingClock } from './stepping-clock.js';

/** Host names for tests: each has the addresses, if any, that were set last. */
export class TestHosts implements HostAddresses {
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #tracked = new Map<string, Set<() => void>>();
  /** Names that are followed now, as often as they are. */
  followed = 0;

  track(host: string, changed: () => void): ReturnType<HostAddresses['track']> {
    const known = this.#addresses;
    const listeners = this.#tracked.get(host) ?? new Set();
    this.#tracked.set(host, listeners.add(changed));
    this.followed += 1;
    return {
      get addresses() {
        return known.get(host) ?? (/^[0-9.]+$|:/.test(host) ? [host] : []);
      },
      get settled() {
        return known.has(host) || this.addresses.length > 0;
      },
      error: undefined,
      close: () => {
        if (listeners.delete(changed)) this.followed -= 1;
      },
    };
  }

  resolve(host: string, addresses: readonly string[]): void {
    this.#addresses.set(host, addresses);
    for (const changed of this.#tracked.get(host) ?? []) changed();
  }
}

/** A pool whose time, retries and health checks are in the test's hands. */
export class PoolBench {
  readonly clock = new SteppingClock();
  readonly hosts = new TestHosts();
  readonly events: GatewayEvent[] = [];
  readonly retried: { readonly key: string; readonly cause: string; readonly atMs: number }[] = [];
  /** What a retry finds, by endpoint. */
  readonly works = new Map<string, Partial<RetryOutcome>>();
  /** Whether a retry lasts until it is aborted. */
  holdsRetries = false;
  /** What a health check finds, by host. */
  readonly healthy = new Map<string, boolean>();
  readonly pool: Pool;
  /** Default: no jitter. */
  random = 0;

  constructor(changes: Partial<GatewaySettings> = {}) {
    this.pool = new Pool('main', settingsWith(changes), {
      clock: this.clock,
      random: () => this.random,
      observer: (event) => this.events.push(event),
      hosts: this.hosts,
      retry: async (upstream, { cause }, _settings, signal) => {
        this.retried.push({ key: upstream.key, cause, atMs: this.clock.nowMs() });
        if (this.holdsRetries) await new Promise((end) => (signal.onabort = end));
        return {
          ok: false,
          reason: 'still refused',
          conclusive: true,
          ...this.works.get(upstream.key),
        };
      },
      obstacle: () => Promise.resolve(undefined),
      probe: async ({ host }): Promise<ProbeResult> => {
        const ok = this.healthy.get(host) ?? true;
        return { ok, reason: ok ? '' : 'unhealthy', durationMs: 1, conclusive: true };
      },
    });
  }

  /** Returns how many sessions go on at those taken out. */
  apply(endpoints: readonly (string | Endpoint)[], changes: Partial<GatewaySettings> = {}): number {
    return this.pool.apply(endpointsAt(...endpoints), settingsWith(changes));
  }

  upstream(key: string): Upstream {
    const found = this.pool.upstreams().find((one) => one.key === key);
    if (!found) throw new Error(`${key} is not in the pool`);
    return found;
  }

  state(key: string): string {
    return this.upstream(key).state.kind;
  }

  refuse(key: string, reason = 'connection refused'): void {
    this.pool.eject(this.upstream(key), { cause: 'dial', reason });
  }

  /** As many picks in a row. */
  picks(count: number): (string | undefined)[] {
    return Array.from({ length: count }, () => this.pool.picker.pick()?.key);
  }

  happened(type: GatewayEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  open(upstream: Upstream): TestSession {
    const session = new TestSession(this.pool, upstream);
    upstream.sessions.add(session);
    return session;
  }
}

export class TestSession implements UpstreamSession {
  quietSinceMs = 0;
  end: SessionEnd | undefined;
  readonly #pool: Pool;
  readonly #upstream: Upstream;

  constructor(pool: Pool, upstream: Upstream) {
    this.#pool = pool;
    this.#upstream = upstream;
  }

  close(end: SessionEnd): void {
    this.end ??= end;
    this.#upstream.sessions.delete(this);
    this.#pool.left(this.#upstream);
  }
}
