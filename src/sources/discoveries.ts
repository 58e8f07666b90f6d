import type { DnsClient } from '../dns/client.js';
import type { HostLookup } from '../dns/host-lookup.js';
import type { DnsSettings, GatewayConfig } from '../model/config.js';
import type { Observer } from '../model/events.js';
import type {
  Clock,
  Discoveries,
  EndpointSnapshot,
  Random,
  SourceStatus,
  Trigger,
} from '../model/ports.js';
import { SrvSource } from './srv.js';

export interface DiscoveryDeps {
  readonly dns: DnsSettings;
  readonly client: Pick<DnsClient, 'query'>;
  readonly hosts: Pick<HostLookup, 'lookup'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observer;
  readonly trigger: Trigger;
}

interface SrvDiscovery {
  readonly key: string;
  readonly source: SrvSource;
  /** What the gateway's discovery answered before its settings changed. */
  readonly inherited: EndpointSnapshot | undefined;
}

/** The discoveries of all gateways, kept for as long as their settings stand. */
export class DiscoverySet implements Discoveries {
  readonly #deps: DiscoveryDeps;
  readonly #srv = new Map<string, SrvDiscovery>();
  readonly #closing = new Set<Promise<void>>();
  #dns: DnsSettings;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
    this.#dns = deps.dns;
  }

  /** New DNS settings hold at once for every discovery. */
  configure(dns: DnsSettings): void {
    if (JSON.stringify(dns) === JSON.stringify(this.#dns)) return;
    this.#dns = dns;
    for (const { source } of this.#srv.values()) source.configure(dns);
  }

  sync(gateways: readonly GatewayConfig[]): void {
    const wanted = new Set<string>();
    for (const gateway of gateways) {
      if (!gateway.srvDiscovery) continue;
      wanted.add(gateway.name);
      this.#keepOrStart(gateway.name, gateway.srvDiscovery);
    }
    for (const [name, { source }] of this.#srv) {
      if (wanted.has(name)) continue;
      this.#srv.delete(name);
      this.#closeLater(source);
    }
  }

  snapshot(gateway: string): EndpointSnapshot | undefined {
    const srv = this.#srv.get(gateway);
    return srv?.source.snapshot() ?? srv?.inherited;
  }

  statuses(): readonly SourceStatus[] {
    return [...this.#srv.values()].map(({ source }) => source.status());
  }

  refresh(): void {
    for (const { source } of this.#srv.values()) source.refresh();
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#srv.values()].map(({ source }) => source.settled()));
  }

  async close(): Promise<void> {
    for (const { source } of this.#srv.values()) this.#closeLater(source);
    this.#srv.clear();
    await Promise.all(this.#closing);
  }

  /** Changed settings ask another question; until it is answered, the pool keeps what it has. */
  #keepOrStart(gateway: string, settings: NonNullable<GatewayConfig['srvDiscovery']>): void {
    const key = JSON.stringify(settings);
    const before = this.#srv.get(gateway);
    if (before?.key === key) return;
    const inherited = this.snapshot(gateway);
    if (before) this.#closeLater(before.source);
    const source = new SrvSource({ ...this.#deps, gateway, settings, dns: this.#dns });
    this.#srv.set(gateway, { key, source, inherited });
  }

  #closeLater(source: SrvSource): void {
    const closing = source.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
