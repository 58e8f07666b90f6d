import type { HostLookup } from '../dns/host-lookup.js';
import type { DnsSettings, GatewayConfig, MemberDiscoverySettings } from '../model/config.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { Observer, SourceKind } from '../model/events.js';
import type {
  Clock,
  EndpointSnapshot,
  EndpointSource,
  HostAddresses,
  Random,
  SourceStatus,
  Trigger,
} from '../model/ports.js';
import { MemberSource } from './members.js';
import type { MemberClient } from './members-client.js';
import { whyUnreachable, type DialOnce, type IsSelf } from './reach.js';
import { SrvSource } from './srv.js';
import type { SrvClient } from './srv-lookup.js';
import { discoveryDomain } from './srv-names.js';
import { Takeover, takeoverNotice } from './takeover.js';

export interface DiscoveryDeps {
  readonly dns: DnsSettings;
  readonly client: SrvClient;
  /** For SRV targets, which are looked up once at each validation. */
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly memberClient: (settings: MemberDiscoverySettings) => Pick<MemberClient, 'list'>;
  /** For members and seeds, which are asked again and again, and for answers that are tried. */
  readonly hosts: HostAddresses;
  /** What a gateway's new sessions go to now. */
  readonly running: (gateway: string) => readonly Endpoint[];
  readonly dialOnce: DialOnce;
  readonly isSelf: IsSelf;
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

/**
 * The discoveries of one gateway. The member list counts before the SRV records, once it is known;
 * an answer takes over once it leads somewhere.
 */
export class GatewayDiscovery {
  readonly #deps: GatewayDiscoveryDeps;
  readonly #takeover: Takeover;
  /** What the next change of the answer in use is told with. */
  #reason = 'discovery';
  readonly #gateway: string;
  #srv: Running<SrvSource> | undefined;
  #members: Running<MemberSource> | undefined;

  constructor(gateway: string, deps: GatewayDiscoveryDeps) {
    const { clock, random, running, trigger } = deps;
    this.#gateway = gateway;
    this.#deps = deps;
    this.#takeover = new Takeover({
      ...{ clock, random },
      running: () => running(gateway),
      whyUnreachable: (endpoints, signal) => whyUnreachable(endpoints, deps, signal),
      changed: () => trigger(this.#reason),
      told: (problem) => this.#tell(problem),
    });
  }

  snapshot(): EndpointSnapshot | undefined {
    return this.#takeover.snapshot;
  }

  statuses(): readonly SourceStatus[] {
    const counts = this.#counts;
    return this.#sources().map((source) => {
      const status = source.status();
      const isMeant = status.kind === counts && status.error === undefined;
      return isMeant ? { ...status, error: this.#takeover.problem } : status;
    });
  }

  refresh(): void {
    for (const source of this.#sources()) source.refresh();
    this.#takeover.refresh();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#sources().map((source) => source.settled()));
    await this.#takeover.settled();
  }

  configure(dns: DnsSettings): void {
    this.#srv?.source.configure(dns);
  }

  /**
   * Keeps a source whose settings stand, replaces it where they differ. Triggers where another answer
   * counts from now on: the run that brought these settings has used the one from before.
   */
  sync(config: GatewayConfig, dns: DnsSettings): void {
    this.#syncSrv(config, dns);
    this.#syncMembers(config);
    this.#offer('discovery');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources(), this.#takeover].map((each) => each.close()));
  }

  #sources(): readonly EndpointSource[] {
    return [this.#srv, this.#members].flatMap((running) => (running ? [running.source] : []));
  }

  /** Whose answer it is. */
  get #counts(): SourceKind {
    return answerOf(this.#members) ? 'members' : 'srv';
  }

  #offer(reason: string): void {
    this.#reason = reason;
    this.#takeover.offer(answerOf(this.#members) ?? answerOf(this.#srv));
  }

  #tell(problem: string | undefined): void {
    const where = { gateway: this.#gateway, source: this.#counts };
    this.#deps.observer(takeoverNotice(where, problem));
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
    const trigger: Trigger = (reason) => this.#offer(reason);
    const source = new MemberSource({ ...deps, client, gateway, settings, seeds, trigger });
    return { source, config, inherited };
  }

  /** Its targets are seeds of the member list, which need not wait for its next turn. */
  readonly #srvChanged: Trigger = (reason) => {
    this.#members?.source.refresh();
    this.#offer(reason);
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

/** A final dot that comes or goes is another way to ask. */
function asksTheSame(
  { srvDiscovery: a }: GatewayConfig,
  { srvDiscovery: b }: GatewayConfig,
): boolean {
  const domains = [a, b].map((settings) => settings && discoveryDomain(settings));
  return domains[0] === domains[1] && a?.serviceName === b?.serviceName;
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
