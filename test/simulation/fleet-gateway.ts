import { HostResolver } from '../../src/dns/host-addresses.js';
import { HostLookup } from '../../src/dns/host-lookup.js';
import type { DnsSettings } from '../../src/model/config.js';
import type { Endpoint } from '../../src/model/endpoint.js';
import type { Probe } from '../../src/pool/probe.js';
import { createRetry, createRetryAttempt } from '../../src/pool/retry.js';
import { MemberSource } from '../../src/sources/members.js';
import { SrvSource } from '../../src/sources/srv.js';
import { desiredGateway, settingsWith } from '../support/desired.js';
import { Client } from './clients.js';
import type { Dice } from './dice.js';
import { srvDomain, type DnsWorld } from './dns-world.js';
import { PoolGateway } from './live-pools.js';
import type { MemberWorld } from './member-world.js';
import type { VirtualClock } from './virtual-clock.js';

export interface FleetWorld {
  readonly clock: VirtualClock;
  readonly zone: DnsWorld;
  readonly cluster: MemberWorld;
  /** Asks an ejected member whether it is back. */
  readonly retryProbe: Probe;
  /** Called for each client. */
  readonly came: () => void;
}

/** Clients of each gateway: one session each, which ends now and then and is opened again. */
export const clientsEach = 6;
export const sessionMs = 60_000;
const longestBreakMs = 2_000;

const dns: DnsSettings = {
  ...{
    servers: ['192.0.2.53:53'],
    timeoutMs: 2_000,
    minTtlMs: 5_000,
    maxTtlMs: 3_600_000,
    holdMs: 0,
  },
};
const settings = settingsWith({
  healthCheck: {
    ...{ type: 'etcd', intervalMs: 5_000, timeoutMs: 2_000, rise: 1, fall: 2, tls: undefined },
  },
  rebalance: { toleranceRatio: 0.2, quietForMs: 0, maxPerSecond: 0.2 },
  onEject: 'close',
});
const membersEvery = { intervalMs: 30_000, tls: undefined, username: undefined };

/** One machine of a fleet: the real discoveries and the real pool, and those who use it. */
export class FleetGateway {
  readonly #world: FleetWorld;
  readonly #dice: Dice;
  readonly #hosts: HostResolver;
  readonly #srv: SrvSource;
  readonly #list: MemberSource;
  readonly #gateway: PoolGateway;
  #isOver = false;

  constructor(world: FleetWorld, dice: Dice) {
    const { clock, zone, cluster, retryProbe } = world;
    this.#world = world;
    this.#dice = dice;
    const { random } = dice;
    const control = {
      clock,
      random,
      observer: () => undefined,
      gateway: 'main',
      isSelf: () => false,
    };
    const client = zone.newClient();
    const lookup = new HostLookup({
      ...{ client, clock, hostsFile: { addressesOf: () => Promise.resolve([]) } },
      system: { addressesOf: () => Promise.reject(new Error('no system to ask')) },
    });
    this.#hosts = new HostResolver({ ...control, lookup, settings: dns });
    this.#srv = new SrvSource({
      ...{ ...control, dns, client, lookup, trigger: () => this.#apply() },
      settings: { domain: srvDomain, serviceName: '', insecure: true, trustedCaFile: undefined },
    });
    this.#list = new MemberSource({
      ...{ ...control, hosts: this.#hosts, client: cluster.client, trigger: () => undefined },
      settings: { ...membersEvery, passwordFile: undefined },
      seeds: () => this.#endpoints,
    });
    const obstacle = () => Promise.resolve(undefined);
    const pools = { ...control, hosts: this.#hosts, probe: cluster.probe, obstacle };
    const retry = createRetry(createRetryAttempt(clock, retryProbe), () => false);
    const desired = desiredGateway({ name: 'main', endpoints: [], settings });
    this.#gateway = new PoolGateway(desired, { ...pools, retry });
    for (let n = 0; n < clientsEach; n += 1) this.#expectClient(longestBreakMs);
  }

  /** Ends sessions, timers and look-ups. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#gateway.closeSessions('shutdown');
    this.#gateway.destroy();
    await Promise.all([this.#srv.close(), this.#list.close(), this.#hosts.close()]);
  }

  get #endpoints(): readonly Endpoint[] {
    return this.#srv.snapshot()?.endpoints ?? [];
  }

  #apply(): void {
    this.#gateway.pool.apply(this.#endpoints, settings);
  }

  #expectClient(withinMs: number): void {
    if (this.#isOver) return;
    this.#world.clock.setTimer(this.#dice.between(0, withinMs), () => this.#come());
  }

  #come(): void {
    if (this.#isOver) return;
    const again = (): void => this.#expectClient(longestBreakMs);
    const { clock, cluster: members, came } = this.#world;
    came();
    const watch = { refused: again, closed: () => undefined };
    const deps = { clock, members, dice: this.#dice, watch };
    new Client(this.#gateway, deps, this.#dice.exponential(sessionMs), again).start();
  }
}
