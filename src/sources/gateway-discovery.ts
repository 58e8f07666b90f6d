import type { DnsClient } from '../dns/client.js';
import type { HostLookup } from '../dns/host-lookup.js';
import type { DnsSettings, GatewayConfig, MemberDiscoverySettings } from '../model/config.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Observer } from '../model/events.js';
import type {
  Clock,
  EndpointSnapshot,
  EndpointSource,
  HostAddresses,
  Random,
  Trigger,
} from '../model/ports.js';
import { MemberSource } from './members.js';
import type { MemberClient } from './members-client.js';
import { SrvSource } from './srv.js';

export interface DiscoveryDeps {
  readonly dns: DnsSettings;
  readonly client: Pick<DnsClient, 'query'>;
  /** For SRV targets, which are looked up once at each validation. */
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly memberClient: (settings: MemberDiscoverySettings) => Pick<MemberClient, 'list'>;
  /** For members and seeds, which are asked again and again. */
  readonly hosts: HostAddresses;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly trigger: Trigger;
}

export interface GatewayDiscoveryDeps extends Omit<DiscoveryDeps, 'dns'> {
  /** Takes over a source whose settings are gone. */
  readonly closeLater: (source: EndpointSource) => void;
}

/** A source and what it was made from. */
interface Running<S> {
  readonly source: S;
  readonly config: GatewayConfig;
  /** The answer of the source before it, to the same question; stands until this one answers. */
  readonly inherited: EndpointSnapshot | undefined;
}

/** The discoveries of one gateway. The member list counts before the SRV records, once it is known. */
export class GatewayDiscovery {
  readonly #deps: GatewayDiscoveryDeps;
  #srv: Running<SrvSource> | undefined;
  #members: Running<MemberSource> | undefined;

  constructor(deps: GatewayDiscoveryDeps) {
    this.#deps = deps;
  }

  sources(): readonly EndpointSource[] {
    return [this.#srv, this.#members].flatMap((running) => (running ? [running.source] : []));
  }

  snapshot(): EndpointSnapshot | undefined {
    return answerOf(this.#members) ?? answerOf(this.#srv);
  }

  configure(dns: DnsSettings): void {
    this.#srv?.source.configure(dns);
  }

  /**
   * Keeps a source whose settings stand, replaces it where they differ. Triggers where another answer
   * counts from now on: the run that brought these settings has used the one from before.
   */
  sync(config: GatewayConfig, dns: DnsSettings): void {
    const before = this.snapshot();
    this.#syncSrv(config, dns);
    this.#syncMembers(config);
    if (this.snapshot() !== before) this.#deps.trigger('discovery');
  }

  async close(): Promise<void> {
    await Promise.all(this.sources().map((source) => source.close()));
  }

  #syncSrv(config: GatewayConfig, dns: DnsSettings): void {
    const before = this.#srv;
    const { srvDiscovery: settings, name: gateway } = config;
    if (same(before?.config.srvDiscovery, settings)) return;
    if (before) this.#deps.closeLater(before.source);
    const inherited = before && asksTheSame(before.config, config) ? answerOf(before) : undefined;
    this.#srv = settings && {
      source: new SrvSource({ ...this.#deps, gateway, settings, dns, trigger: this.#srvChanged }),
      config,
      inherited,
    };
  }

  #syncMembers(config: GatewayConfig): void {
    const before = this.#members;
    if (same(before && memberKey(before.config), memberKey(config))) return;
    if (before) this.#deps.closeLater(before.source);
    const inherited = before && sharesSeed(before.config, config) ? answerOf(before) : undefined;
    this.#members = this.#startMembers(config, inherited);
  }

  #startMembers(
    config: GatewayConfig,
    inherited: EndpointSnapshot | undefined,
  ): Running<MemberSource> | undefined {
    const { name: gateway, memberDiscovery: settings } = config;
    if (!settings) return undefined;
    const seeds = (): readonly Endpoint[] => [
      ...config.endpoints,
      ...(answerOf(this.#srv)?.endpoints ?? []),
    ];
    const { memberClient, ...deps } = this.#deps;
    const client = memberClient(settings);
    const source = new MemberSource({ ...deps, client, gateway, settings, seeds });
    return { source, config, inherited };
  }

  /** Its targets are seeds of the member list, which need not wait for its next turn. */
  readonly #srvChanged: Trigger = (reason) => {
    this.#members?.source.refresh();
    this.#deps.trigger(reason);
  };
}

function answerOf<S extends EndpointSource>(
  running: Running<S> | undefined,
): EndpointSnapshot | undefined {
  return running && (running.source.snapshot() ?? running.inherited);
}

/** Other seeds or another domain may mean another cluster: that takes a source that knows none yet. */
function memberKey({ memberDiscovery, endpoints, srvDiscovery }: GatewayConfig): unknown {
  return memberDiscovery && [memberDiscovery, endpoints.map(endpointKey), srvDiscovery];
}

function asksTheSame(
  { srvDiscovery: a }: GatewayConfig,
  { srvDiscovery: b }: GatewayConfig,
): boolean {
  return a?.domain === b?.domain && a?.serviceName === b?.serviceName;
}

function sharesSeed(a: GatewayConfig, b: GatewayConfig): boolean {
  const known = new Set(a.endpoints.map(endpointKey));
  return (
    asksTheSame(a, b) &&
    (b.endpoints.length === 0 || b.endpoints.some((each) => known.has(endpointKey(each))))
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
