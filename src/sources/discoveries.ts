import type { DnsSettings, GatewayConfig } from '../model/config.js';
import type { Discoveries, EndpointSnapshot, SourceStatus } from '../model/ports.js';
import { GatewayDiscovery, type DiscoveryDeps } from './gateway-discovery.js';

interface Closable {
  close(): Promise<void>;
}

/** The discoveries of all gateways, kept for as long as their settings stand. */
export class DiscoverySet implements Discoveries {
  readonly #deps: DiscoveryDeps;
  readonly #gateways = new Map<string, GatewayDiscovery>();
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
    for (const discovery of this.#gateways.values()) discovery.configure(dns);
  }

  sync(gateways: readonly GatewayConfig[]): void {
    const discovered = gateways.filter((each) => each.srvDiscovery ?? each.memberDiscovery);
    const names = new Set(discovered.map(({ name }) => name));
    for (const [name, discovery] of this.#gateways) {
      if (names.has(name)) continue;
      this.#gateways.delete(name);
      this.#closeLater(discovery);
    }
    for (const gateway of discovered) this.#syncOne(gateway);
  }

  snapshot(gateway: string): EndpointSnapshot | undefined {
    return this.#gateways.get(gateway)?.snapshot();
  }

  statuses(): readonly SourceStatus[] {
    return [...this.#gateways.values()].flatMap((discovery) => discovery.statuses());
  }

  refresh(): void {
    for (const discovery of this.#gateways.values()) discovery.refresh();
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((discovery) => discovery.settled()));
  }

  async close(): Promise<void> {
    for (const discovery of this.#gateways.values()) this.#closeLater(discovery);
    this.#gateways.clear();
    await Promise.all(this.#closing);
  }

  #syncOne(gateway: GatewayConfig): void {
    const { name } = gateway;
    const deps = { ...this.#deps, closeLater: (old: Closable) => this.#closeLater(old) };
    const discovery = this.#gateways.get(name) ?? new GatewayDiscovery(name, deps);
    this.#gateways.set(name, discovery);
    discovery.sync(gateway, this.#dns);
  }

  #closeLater(source: Closable): void {
    const closing = source.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
