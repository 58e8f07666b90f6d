import { parseConfig } from '../../src/config/parse.js';
import { HostResolver } from '../../src/dns/host-addresses.js';
import { HostLookup } from '../../src/dns/host-lookup.js';
import type { DnsSettings, HealthCheckSettings } from '../../src/model/config.js';
import type { DesiredState } from '../../src/model/desired-state.js';
import type { Endpoint } from '../../src/model/endpoint.js';
import { errorMessage } from '../../src/model/errors.js';
import type { Observer } from '../../src/model/events.js';
import type { Verdict } from '../../src/model/plan.js';
import type { Applier, Clock, Discoveries, Random, Trigger } from '../../src/model/ports.js';
import { createRetry, createRetryAttempt, type Retry } from '../../src/pool/retry.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';
import { DiscoverySet } from '../../src/sources/discoveries.js';
import { FileSource } from '../../src/sources/file.js';
import { ProvenHosts } from '../../src/sources/proven-hosts.js';
import type { DialOnce } from '../../src/sources/reach.js';
import type { Disk } from '../../src/sources/file-disk.js';
import type { DnsWorld } from './dns-world.js';
import { LivePools } from './live-pools.js';
import type { MemberWorld } from './member-world.js';

/** The world that a process lives in. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly dns: DnsWorld;
  readonly members: MemberWorld;
  readonly disk: Disk;
  readonly observer: Observer;
}

/** Parts exchanged for broken ones, to see whether that is noticed. */
export interface Sabotage {
  readonly clock?: (real: Clock) => Clock;
  readonly discoveries?: (real: Discoveries) => Discoveries;
  readonly live?: (real: LivePools) => Applier;
  readonly retry?: (real: Retry) => Retry;
}

const firstDns: DnsSettings = {
  ...{
    servers: ['192.0.2.53:53'],
    timeoutMs: 2_000,
    minTtlMs: 5_000,
    maxTtlMs: 3_600_000,
    holdMs: 0,
  },
};

/** As an answer's endpoints are tried. */
const connectOnly: HealthCheckSettings = {
  ...{ type: 'tcp', intervalMs: 0, timeoutMs: 3_000, rise: 1, fall: 1, tls: undefined },
};

/** The control plane of one process as `gateway.ts` puts it together, in a simulated world. */
export class ControlPlane {
  readonly config: FileSource;
  readonly hosts: HostResolver;
  readonly discoveries: DiscoverySet;
  readonly live: LivePools;
  readonly reconciler: Reconciler;
  /** Runs asked for and not ended. They take no time: nobody need turn the clock for them. */
  runsUnderWay = 0;
  /** Why a run that a trigger asked for has failed: in a process that would be its end. */
  defect: string | undefined;
  readonly #trigger: Trigger;

  static async start(real: World, sabotage: Sabotage = {}): Promise<ControlPlane> {
    const world = { ...real, clock: sabotage.clock?.(real.clock) ?? real.clock };
    const parse = (bytes: Uint8Array): ReturnType<typeof parseConfig> =>
      parseConfig(bytes, 'gateway.yaml');
    const trigger: Trigger = (reason) => {
      plane.request(reason).catch((error: unknown) => (plane.defect ??= errorMessage(error)));
    };
    const { clock, observer, disk } = world;
    const file = 'gateway.yaml';
    const config = await FileSource.open({ file, parse, disk, clock, observer, trigger });
    const plane: ControlPlane = new ControlPlane(world, config, sabotage, trigger);
    await plane.request('start');
    return plane;
  }

  private constructor(world: World, config: FileSource, sabotage: Sabotage, trigger: Trigger) {
    const { clock, random, dns, members, observer } = world;
    const control = { clock, random, observer };
    const client = dns.newClient();
    const lookup = new HostLookup({
      ...{ client, clock },
      hostsFile: { addressesOf: () => Promise.resolve([]) },
      system: { addressesOf: () => Promise.reject(new Error('no system to ask')) },
    });
    const hosts = new HostResolver({ ...control, lookup, settings: firstDns });
    const dialOnce: DialOnce = async (address, signal) => {
      const { ok, reason } = await members.look({ address, host: '' }, connectOnly, signal);
      if (!ok) throw new Error(reason);
    };
    const provenHosts = new ProvenHosts({ ...control, hosts, dialOnce });
    const discoveries: DiscoverySet = new DiscoverySet({
      ...{
        ...control,
        client,
        lookup,
        hosts,
        trigger,
        dns: firstDns,
        dialOnce,
        isSelf: () => false,
      },
      running: (gateway): readonly Endpoint[] =>
        this.reconciler.current?.gateways.get(gateway)?.endpoints ?? [],
      memberClient: () => members.client,
    });
    const retry = withoutSockets(
      createRetry(createRetryAttempt(clock, members.probe), () => false),
    );
    const live = new LivePools({
      ...{ ...control, hosts: provenHosts, probe: members.probe },
      obstacle: () => Promise.resolve(undefined),
      retry: sabotage.retry?.(retry) ?? retry,
    });
    const reconciler = new Reconciler({
      ...{ config, clock, observer },
      discoveries: sabotage.discoveries?.(discoveries) ?? discoveries,
      appliers: [settingsOf({ hosts, discoveries, config }), sabotage.live?.(live) ?? live],
    });
    this.config = config;
    this.hosts = hosts;
    this.discoveries = discoveries;
    this.live = live;
    this.reconciler = reconciler;
    this.#trigger = trigger;
  }

  async request(reason: string): Promise<Verdict> {
    this.runsUnderWay += 1;
    try {
      return await this.reconciler.request(reason);
    } finally {
      this.runsUnderWay -= 1;
    }
  }

  /** As on SIGHUP. */
  async reload(): Promise<void> {
    await this.config.refresh();
    this.#trigger('SIGHUP');
    this.discoveries.refresh();
    this.hosts.refresh();
  }

  async close(): Promise<void> {
    const { config, discoveries, hosts, live, reconciler } = this;
    live.destroy();
    await Promise.all([config.close(), reconciler.close(), discoveries.close(), hosts.close()]);
  }
}

/** What was silent or ended is asked for its health in place of probes that open sockets of their own. */
function withoutSockets(retry: Retry): Retry {
  return (upstream, ejection, settings, signal) => {
    if (ejection.cause !== 'hang' && ejection.cause !== 'early-end')
      return retry(upstream, ejection, settings, signal);
    const healthCheck = { ...settings.healthCheck, type: 'etcd' } as const;
    return retry(upstream, ejection, { ...settings, healthCheck }, signal);
  };
}

type Configurable = Pick<ControlPlane, 'hosts' | 'discoveries' | 'config'>;

function settingsOf({ hosts, discoveries, config }: Configurable): Applier {
  const commit = ({ process }: DesiredState): number => {
    hosts.configure(process.dns);
    discoveries.configure(process.dns);
    config.configure(process.reload);
    return 0;
  };
  return {
    prepare: (_plan, desired) =>
      Promise.resolve({ commit: () => commit(desired), rollback: () => Promise.resolve() }),
  };
}
