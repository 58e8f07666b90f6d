import type { Probe } from '../../src/pool/probe.js';
import { Dice } from './dice.js';
import { DnsWorld, srvDomain } from './dns-world.js';
import { FleetGateway } from './fleet-gateway.js';
import { Member, MemberWorld } from './member-world.js';
import { breathe } from './turn.js';
import { VirtualClock } from './virtual-clock.js';

export interface FleetOptions {
  readonly seed: number;
  readonly gateways: number;
  /** Counts are taken over windows of this length; so are the sessions' numbers. */
  readonly windowMs: number;
}

/** What gateways ask of others by themselves. */
export const callNames = ['DNS queries', 'member lists', 'health checks'] as const;
/** What clients and a death make of it: clients that come, and whom gateways try to connect. */
export const dialNames = ['clients', 'dials', 'tries of ejected members'] as const;
export const countedNames = [...callNames, ...dialNames] as const;

/** One entry for each window, from the moment in which all machines boot. */
export interface FleetReport {
  readonly counts: Readonly<Record<string, readonly number[]>>;
  /** Dials of the member that dies and returns. */
  readonly dialsOfReturned: readonly number[];
  /** By member, at the end of each window. */
  readonly sessions: readonly (readonly number[])[];
}

export const ttlMs = 60_000;

/** What happens to the fleet, and when its day is over. */
export const day = {
  ...{ dnsSilentMs: 240_000, dnsBackMs: 300_000, deathMs: 380_000, returnMs: 440_000 },
  ...{ srvChangesMs: 560_000, endMs: 720_000 },
} as const;

/** Many gateways that boot at once, before one cluster and one DNS server. */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  return new Fleet(options).run();
}

class Fleet {
  readonly #clock = new VirtualClock();
  readonly #zone: DnsWorld;
  readonly #cluster: MemberWorld;
  readonly #all: readonly Member[];
  readonly #gateways: readonly FleetGateway[];
  readonly #windowMs: number;
  readonly #counts: Record<string, number[]> = {};
  readonly #dialsOfReturned: number[];
  readonly #sessions: number[][] = [];

  constructor({ seed, gateways, windowMs }: FleetOptions) {
    const dice = new Dice(seed);
    this.#windowMs = windowMs;
    for (const name of countedNames) this.#counts[name] = this.#windows();
    this.#dialsOfReturned = this.#windows();
    this.#all = Array.from({ length: 4 }, (_, index) => new Member(index, srvDomain));
    this.#zone = new DnsWorld(this.#clock, dice.fork());
    this.#cluster = new MemberWorld(this.#clock, dice.fork(), this.#all);
    for (const { host, address } of this.#all) this.#zone.hosts.set(host, address);
    this.#publish(this.#all.slice(0, 3));
    this.#zone.asked = () => this.#count('DNS queries');
    this.#cluster.visited = (visit, member) => {
      this.#count(visitNames[visit]);
      if (visit === 'dial' && member === this.#all[0]) this.#add(this.#dialsOfReturned);
    };
    const retryProbe: Probe = (...asked) => {
      this.#count('tries of ejected members');
      return this.#cluster.look(...asked);
    };
    const came = (): void => this.#count('clients');
    const [clock, zone, cluster] = [this.#clock, this.#zone, this.#cluster];
    const world = { clock, zone, cluster, retryProbe, came };
    this.#gateways = Array.from({ length: gateways }, () => new FleetGateway(world, dice.fork()));
  }

  async run(): Promise<FleetReport> {
    const [first] = this.#all;
    if (!first) throw new Error('the cluster has no member');
    await this.#passTo(day.dnsSilentMs);
    this.#zone.state = 'silent';
    await this.#passTo(day.dnsBackMs);
    this.#zone.state = 'up';
    await this.#passTo(day.deathMs);
    this.#cluster.become(first, 'down');
    await this.#passTo(day.returnMs);
    this.#cluster.become(first, 'up');
    await this.#passTo(day.srvChangesMs);
    this.#publish(this.#all.slice(1));
    await this.#passTo(day.endMs);
    await Promise.all(this.#gateways.map((gateway) => gateway.close()));
    return {
      counts: this.#counts,
      dialsOfReturned: this.#dialsOfReturned,
      sessions: this.#sessions,
    };
  }

  #publish(members: readonly Member[]): void {
    this.#cluster.list(members);
    this.#zone.publish(
      members.map(({ host: target, port }) => ({ target, port, priority: 0, weight: 1 })),
    );
  }

  async #passTo(untilMs: number): Promise<void> {
    while (this.#clock.nowMs() < untilMs) {
      await this.#clock.run(this.#clock.nowMs() + this.#windowMs, breathe, 10);
      this.#sessions.push(this.#all.map((member) => this.#cluster.sessionsAt(member)));
    }
  }

  #count(name: string): void {
    const counts = this.#counts[name];
    if (counts) this.#add(counts);
  }

  #add(counts: number[]): void {
    const window = Math.floor(this.#clock.nowMs() / this.#windowMs);
    counts[window] = (counts[window] ?? 0) + 1;
  }

  #windows(): number[] {
    return Array.from({ length: day.endMs / this.#windowMs }, () => 0);
  }
}

const visitNames = { dial: 'dials', check: 'health checks', list: 'member lists' } as const;

/** The highest window of a span over the mean of those between the first TTL and the outage. */
export function peakOverMean(
  counts: readonly number[],
  windowMs: number,
  fromMs: number,
  untilMs: number,
): number {
  const of = (a: number, b: number): readonly number[] => counts.slice(a / windowMs, b / windowMs);
  return Math.max(...of(fromMs, untilMs)) / meanOf(of(ttlMs, day.dnsSilentMs));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** By how much the fullest of some members exceeds an even share: 0.1 is a tenth. */
export function unevenness(sessions: readonly number[]): number {
  return Math.max(...sessions) / meanOf(sessions) - 1;
}
