import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { HostResolver } from '../../../src/dns/host-addresses.js';
import { HostLookup } from '../../../src/dns/host-lookup.js';
import type { DnsSettings, GatewayConfig } from '../../../src/model/config.js';
import { formatEndpoints } from '../../../src/model/endpoint.js';
import { GatewayDiscovery } from '../../../src/sources/gateway-discovery.js';
import { Dice } from '../../simulation/dice.js';
import { DnsWorld, srvDomain } from '../../simulation/dns-world.js';
import { Member, MemberWorld } from '../../simulation/member-world.js';
import { breathe } from '../../simulation/turn.js';
import { VirtualClock } from '../../simulation/virtual-clock.js';
import { endpointAt, gatewayConfig } from '../../support/desired.js';

const test = suite('gateway discovery');

const dns: DnsSettings = {
  ...{
    servers: ['192.0.2.53:53'],
    timeoutMs: 2_000,
    minTtlMs: 5_000,
    maxTtlMs: 3_600_000,
    holdMs: 0,
  },
};
const srvDiscovery = {
  ...{ domain: srvDomain, serviceName: '', insecure: true, trustedCaFile: undefined },
};
const memberDiscovery = {
  ...{ intervalMs: 30_000, tls: undefined, username: undefined, passwordFile: undefined },
};
const both = gatewayConfig({ endpoints: [], srvDiscovery, memberDiscovery });

/** A zone with three targets; the first two of them are members. */
class Bench {
  readonly triggers: string[] = [];
  readonly discovery: GatewayDiscovery;
  readonly #clock = new VirtualClock();
  readonly #hosts: HostResolver;

  constructor() {
    const [clock, dice] = [this.#clock, new Dice(1)];
    const members = [0, 1, 2].map((index) => new Member(index, srvDomain));
    const cluster = new MemberWorld(clock, dice.fork(), members);
    cluster.list(members.slice(0, 2));
    const zone = new DnsWorld(clock, dice.fork());
    for (const { host, address } of members) zone.hosts.set(host, address);
    zone.publish(
      members.map(({ host: target, port }) => ({ target, port, priority: 0, weight: 1 })),
    );
    const client = zone.newClient();
    const lookup = new HostLookup({
      ...{ client, clock, hostsFile: { addressesOf: () => Promise.resolve([]) } },
      system: { addressesOf: () => Promise.reject(new Error('no system to ask')) },
    });
    const control = { clock, random: dice.random, observer: () => undefined };
    this.#hosts = new HostResolver({ ...control, lookup, settings: dns });
    this.discovery = new GatewayDiscovery('main', {
      ...{ ...control, client, lookup, hosts: this.#hosts },
      memberClient: () => cluster.client,
      ...{ running: () => [], dialOnce: () => Promise.resolve(), isSelf: () => false },
      trigger: (reason) => this.triggers.push(reason),
      closeLater: (source) => void source.close(),
    });
  }

  get hosts(): readonly string[] | undefined {
    const snapshot = this.discovery.snapshot();
    return snapshot && [...formatEndpoints(snapshot.endpoints)].sort();
  }

  /** Forgets earlier triggers. */
  sync(config: GatewayConfig): void {
    this.triggers.length = 0;
    this.discovery.sync(config, dns);
  }

  async pass(ms: number): Promise<void> {
    await breathe();
    await this.#clock.run(this.#clock.nowMs() + ms, breathe);
  }

  async close(): Promise<void> {
    await Promise.all([this.discovery.close(), this.#hosts.close()]);
  }
}

async function discovering(config: GatewayConfig): Promise<Bench> {
  const bench = new Bench();
  bench.sync(config);
  await bench.pass(5_000);
  return bench;
}

function named(...indices: readonly number[]): readonly string[] {
  return indices.map((index) => `infra${index}.${srvDomain}:2379`);
}

test('triggers when the member list is given up and the records count again', async () => {
  const bench = await discovering(both);
  assert.equal(bench.hosts, named(0, 1));
  bench.sync({ ...both, memberDiscovery: undefined });
  assert.equal(bench.hosts, named(0, 1, 2));
  assert.equal(bench.triggers, ['discovery']);
  await bench.close();
});

test('triggers when what has answered is not asked any more', async () => {
  const bench = await discovering(gatewayConfig({ endpoints: [], srvDiscovery }));
  const other = { ...srvDiscovery, domain: 'other.test' };
  bench.sync(gatewayConfig({ endpoints: [endpointAt('10.9.9.9:2379')], srvDiscovery: other }));
  assert.is(bench.hosts, undefined);
  assert.equal(bench.triggers, ['discovery']);
  await bench.close();
});

test('triggers for nothing where the same answer goes on', async () => {
  const bench = await discovering(both);
  bench.sync({ ...both });
  bench.sync({ ...both, memberDiscovery: { ...memberDiscovery, intervalMs: 60_000 } });
  bench.sync({ ...both, srvDiscovery: { ...srvDiscovery, insecure: true } });
  assert.equal(bench.triggers, []);
  assert.equal(bench.hosts, named(0, 1));
  await bench.close();
});

test.run();
