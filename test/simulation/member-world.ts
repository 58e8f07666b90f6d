import { formatAddress, type Address } from '../../src/model/address.js';
import type { HealthCheckSettings } from '../../src/model/config.js';
import type { Clock } from '../../src/model/ports.js';
import type { Connect } from '../../src/model/side.js';
import type { Probe } from '../../src/pool/probe.js';
import type { ProbeResult } from '../../src/pool/probe-result.js';
import type { MemberClient } from '../../src/sources/members-client.js';
import { IdleSide } from '../support/idle-side.js';
import type { Dice } from './dice.js';
import { setOf } from './dns-world.js';
import { pause } from './pause.js';

/** `dark`: no packet comes back; `hung`: its kernel accepts, the process does not answer. */
export type Condition = 'up' | 'down' | 'dark' | 'hung';

export class Member {
  readonly id: bigint;
  readonly host: string;
  readonly port = 2379;
  /** `host:port` */
  readonly endpoint: string;
  address: string;
  #condition: Condition = 'up';
  /** Since when it has been up without a break; undefined while it is not. */
  #upSinceMs: number | undefined = 0;

  constructor(index: number, domain: string) {
    this.id = BigInt(index + 1);
    this.host = `infra${index}.${domain}`;
    this.endpoint = `${this.host}:${this.port}`;
    this.address = `10.0.0.${index + 1}`;
  }

  get condition(): Condition {
    return this.#condition;
  }

  get upSinceMs(): number | undefined {
    return this.#upSinceMs;
  }

  become(condition: Condition, nowMs: number): void {
    this.#condition = condition;
    this.#upSinceMs = condition === 'up' ? (this.#upSinceMs ?? nowMs) : undefined;
  }

  move(address: string, nowMs: number): void {
    this.address = address;
    this.#upSinceMs = this.#condition === 'up' ? nowMs : undefined;
  }
}

/** Why gateways have gone to a member. */
export type Visit = 'dial' | 'check' | 'list';

/** A session as its member sees it. */
export interface OpenSession {
  readonly member: Member | undefined;
  reset(): void;
}

/** An etcd cluster without its network: takes the place of dials, probes and the member client. */
export class MemberWorld {
  readonly all: readonly Member[];
  /** Called for each connection that is tried. */
  visited: (visit: Visit, member: Member | undefined) => void = () => undefined;
  /** Every set of client URLs that the member list has had; see `setOf`. */
  readonly history = new Set<string>();
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #listed = new Set<Member>();
  readonly #sessions = new Map<Member, Set<OpenSession>>();

  constructor(clock: Clock, dice: Dice, members: readonly Member[]) {
    this.#clock = clock;
    this.#dice = dice;
    this.all = members;
  }

  get listed(): readonly Member[] {
    return [...this.#listed];
  }

  sessionsAt(member: Member): number {
    return this.#sessionsOf(member).size;
  }

  open(session: OpenSession): void {
    const { member } = session;
    if (member) this.#sessionsOf(member).add(session);
  }

  left(session: OpenSession): void {
    if (session.member) this.#sessionsOf(session.member).delete(session);
  }

  /** A process that goes away has its sessions reset by its kernel; other ends are silent. */
  become(member: Member, condition: Condition): void {
    member.become(condition, this.#clock.nowMs());
    if (condition !== 'down') return;
    for (const session of [...this.#sessionsOf(member)]) session.reset();
  }

  #sessionsOf(member: Member): Set<OpenSession> {
    const known = this.#sessions.get(member);
    if (known) return known;
    const none = new Set<OpenSession>();
    this.#sessions.set(member, none);
    return none;
  }

  /** Makes these the members of the cluster. */
  list(members: readonly Member[]): void {
    this.#listed.clear();
    for (const member of members) this.#listed.add(member);
    this.history.add(setOf(members.map(({ endpoint }) => endpoint)));
  }

  /** Who sits at an address, by number. */
  at(address: Address): Member | undefined {
    if (address.kind === 'unix') return undefined;
    return this.all.find((one) => one.address === address.host && one.port === address.port);
  }

  /** A side that connects, fails or stays silent in virtual time. */
  readonly dial: Connect = (address, dialer) => {
    const side = new IdleSide();
    const member = this.at(address);
    this.visited('dial', member);
    if (!member || member.condition === 'dark') return side;
    this.#clock.setTimer(this.#dice.between(0.2, 5), () => {
      if (side.isDestroyed) return;
      if (member.condition === 'down') dialer.failed(side, refused(address));
      else if (member.condition !== 'dark') dialer.connected(side);
    });
    return side;
  };

  readonly probe: Probe = (target, settings, signal) => {
    this.visited('check', this.at(target.address));
    return this.look(target, settings, signal);
  };

  /** A probe that is not counted. */
  readonly look: Probe = async (target, settings, signal) => {
    const startedMs = this.#clock.nowMs();
    const finding = await this.#look(target.address, settings, signal);
    return { ...finding, durationMs: this.#clock.nowMs() - startedMs };
  };

  readonly client: Pick<MemberClient, 'list'> = {
    list: async ({ address }, signal) => {
      const member = this.at(address);
      this.visited('list', member);
      const answers = member?.condition === 'up' || member?.condition === 'down';
      await pause(this.#clock, answers ? this.#dice.between(1, 20) : Infinity, signal);
      if (member?.condition !== 'up') throw refused(address);
      if (!this.#listed.has(member)) throw new Error('the answer is from one that is no member');
      return {
        clusterId: 1n,
        memberId: member.id,
        members: this.listed.map(({ id, host, endpoint }) => {
          return { id, name: host, isLearner: false, clientUrls: [`http://${endpoint}`] };
        }),
      };
    },
  };

  async #look(
    address: Address,
    { type, timeoutMs }: HealthCheckSettings,
    signal: AbortSignal,
  ): Promise<Omit<ProbeResult, 'durationMs'>> {
    const condition = this.at(address)?.condition ?? 'dark';
    const isSilent = condition === 'dark' || (condition === 'hung' && type === 'etcd');
    try {
      await pause(this.#clock, isSilent ? timeoutMs : this.#dice.between(0.2, 10), signal);
    } catch {
      return { ok: false, reason: 'no longer wanted', conclusive: false };
    }
    if (isSilent) return { ok: false, reason: 'no answer in time', conclusive: true };
    if (condition === 'down') return { ok: false, reason: 'refused', conclusive: true };
    return { ok: true, reason: '', conclusive: true };
  }
}

function refused(address: Address): Error {
  const error = new Error(`connect ECONNREFUSED ${formatAddress(address)}`);
  return Object.assign(error, { code: 'ECONNREFUSED' });
}
