import type { DesiredGateway, DesiredState } from '../../src/model/desired-state.js';
import type { SessionEnd } from '../../src/model/events.js';
import type { Plan } from '../../src/model/plan.js';
import type { Applier, PreparedHere } from '../../src/model/ports.js';
import { FirstByteWatch } from '../../src/pool/first-byte-watch.js';
import { Pool, type PoolDeps } from '../../src/pool/pool.js';

/** A gateway without listeners: its pool, and those who wait for a first byte. */
export class PoolGateway {
  readonly name: string;
  readonly pool: Pool;
  readonly firstBytes: FirstByteWatch;
  /** Its entry has left the file. */
  isLeaving = false;

  constructor(desired: DesiredGateway, deps: PoolDeps) {
    this.name = desired.name;
    this.pool = new Pool(desired.name, desired.settings, deps);
    this.firstBytes = new FirstByteWatch(this.pool, deps.clock);
    this.apply(desired);
  }

  apply({ endpoints, settings }: DesiredGateway): number {
    return this.pool.apply(endpoints, settings);
  }

  retire(): number {
    this.isLeaving = true;
    return this.pool.apply([], this.pool.settings);
  }

  get isEmpty(): boolean {
    return this.pool.upstreams().every(({ load }) => load === 0);
  }

  closeSessions(end: SessionEnd): void {
    for (const { sessions } of this.pool.upstreams()) {
      for (const session of [...sessions]) session.close(end);
    }
  }

  destroy(): void {
    this.firstBytes.destroy();
    this.pool.destroy();
  }
}

/** What `proxy/live-gateways.ts` does, without its sockets. */
export class LivePools implements Applier {
  readonly gateways = new Map<string, PoolGateway>();
  readonly leaving = new Set<PoolGateway>();
  /** Whether an address cannot be bound just now. */
  isBusy = false;
  readonly #deps: PoolDeps;
  #preparing = false;

  constructor(deps: PoolDeps) {
    this.#deps = deps;
  }

  async prepare(_plan: Plan, desired: DesiredState): Promise<PreparedHere> {
    if (this.#preparing) throw new Error('two plans are being prepared at once');
    this.#preparing = true;
    await Promise.resolve();
    this.#preparing = false;
    if (this.isBusy) throw new Error('listen EADDRINUSE');
    return { commit: () => this.#commit(desired), rollback: () => Promise.resolve() };
  }

  /** Those that left and have no sessions any more are ended. */
  sweep(): void {
    for (const gateway of this.leaving) {
      if (!gateway.isEmpty) continue;
      this.leaving.delete(gateway);
      gateway.destroy();
    }
  }

  destroy(): void {
    for (const gateway of [...this.gateways.values(), ...this.leaving]) {
      gateway.closeSessions('shutdown');
      gateway.destroy();
    }
    this.gateways.clear();
    this.leaving.clear();
  }

  #commit(desired: DesiredState): number {
    let draining = 0;
    for (const gateway of desired.gateways.values()) {
      const known = this.gateways.get(gateway.name);
      if (known) draining += known.apply(gateway);
      else this.gateways.set(gateway.name, new PoolGateway(gateway, this.#deps));
    }
    for (const [name, gateway] of this.gateways) {
      if (desired.gateways.has(name)) continue;
      this.gateways.delete(name);
      this.leaving.add(gateway);
      draining += gateway.retire();
    }
    return draining;
  }
}
