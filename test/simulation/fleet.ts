import { HostResolver } from '../../src/dns/host-addresses.js';
import { HostLookup } from '../../src/dns/host-lookup.js';
import type { DnsSettings } from '../../src/model/config.js';
import { MemberSource } from '../../src/sources/members.js';
import { SrvSource } from '../../src/sources/srv.js';
import { Dice } from './dice.js';
import { DnsWorld, srvDomain } from './dns-world.js';
import { Member, MemberWorld } from './member-world.js';
import { VirtualClock } from './virtual-clock.js';

export interface FleetOptions {
  readonly seed: number;
  readonly gateways: number;
  /** Counts are taken over windows of this length. */
  readonly windowMs: number;
}

/** Calls in each window, from the moment in which all machines boot. */
export interface FleetReport {
  readonly dnsQueries: readonly number[];
  readonly memberLists: readonly number[];
}

export const ttlMs = 60_000;
/** When DNS is silent, and when the fleet's day is over. */
export const outageMs = { fromMs: 240_000, untilMs: 300_000, endMs: 540_000 } as const;

const dns: DnsSettings = {
  ...{ servers: ['192.0.2.53:53'], timeoutMs: 2_000, minTtlMs: 5_000, maxTtlMs: 3_600_000 },
};
const membersEvery = { intervalMs: 30_000, tls: undefined, username: undefined };

/** The real discoveries of many gateways that boot at once, before one cluster and one DNS server. */
export async function runFleet({ seed, gateways, windowMs }: FleetOptions): Promise<FleetReport> {
  const [dice, clock] = [new Dice(seed), new VirtualClock()];
  const report = { dnsQueries: windows(windowMs), memberLists: windows(windowMs) };
  const count = (counts: number[]): void => {
    const window = Math.floor(clock.nowMs() / windowMs);
    counts[window] = (counts[window] ?? 0) + 1;
  };
  const zone = new DnsWorld(clock, dice.fork());
  const members = Array.from({ length: 3 }, (_, index) => new Member(index, srvDomain));
  const cluster = new MemberWorld(clock, dice.fork(), members);
  cluster.list(members);
  for (const { host, address } of members) zone.hosts.set(host, address);
  zone.publish(members.map(({ host: target, port }) => ({ target, port, priority: 0, weight: 1 })));
  zone.asked = () => count(report.dnsQueries);
  cluster.visited = () => count(report.memberLists);
  const sources = Array.from({ length: gateways }, () => boot(clock, dice.fork(), zone, cluster));
  await clock.run(outageMs.fromMs, breathe, 5);
  zone.state = 'silent';
  await clock.run(outageMs.untilMs, breathe, 5);
  zone.state = 'up';
  await clock.run(outageMs.endMs, breathe, 5);
  await Promise.all(sources.map((close) => close()));
  return report;
}

/** The highest window of those after `fromMs`, over the mean of those between the first TTL and the outage. */
export function peakOverMean(
  counts: readonly number[],
  windowMs: number,
  fromMs: number,
  untilMs: number,
): number {
  const of = (a: number, b: number): readonly number[] => counts.slice(a / windowMs, b / windowMs);
  const steady = of(ttlMs, outageMs.fromMs);
  const mean = steady.reduce((sum, each) => sum + each, 0) / steady.length;
  return Math.max(...of(fromMs, untilMs)) / mean;
}

function boot(
  clock: VirtualClock,
  { random }: Dice,
  zone: DnsWorld,
  cluster: MemberWorld,
): () => Promise<unknown> {
  const quiet = { observer: () => undefined, observe: () => undefined, trigger: () => undefined };
  const control = { ...quiet, clock, random, gateway: 'main' };
  const client = zone.newClient();
  const lookup = new HostLookup({
    ...{ client, clock, hostsFile: { addressesOf: () => Promise.resolve([]) } },
    system: { addressesOf: () => Promise.reject(new Error('no system to ask')) },
  });
  const hosts = new HostResolver({ ...control, lookup, settings: dns });
  const srv = new SrvSource({
    ...{ ...control, dns, client, lookup },
    settings: { domain: srvDomain, serviceName: '', insecure: true, trustedCaFile: undefined },
  });
  const list = new MemberSource({
    ...{ ...control, hosts, client: cluster.client },
    settings: { ...membersEvery, passwordFile: undefined },
    seeds: () => srv.snapshot()?.endpoints ?? [],
  });
  return () => Promise.all([srv.close(), list.close(), hosts.close()]);
}

function windows(windowMs: number): number[] {
  return Array.from({ length: Math.ceil(outageMs.endMs / windowMs) }, () => 0);
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
