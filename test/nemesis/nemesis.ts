import { setTimeout as sleep } from 'node:timers/promises';

import { errorMessage } from '../../src/model/errors.js';
import type { EtcdMember } from '../support/etcd.js';
import {
  schedule,
  type GatewayFault,
  type MemberFault,
  type Step,
  type Victim,
} from './schedule.js';
import type { Stage } from './stage.js';

/** A fault as it happened. */
export interface Deed {
  /** Since the beginning. */
  readonly atMs: number;
  readonly lastedMs: number;
  readonly fault: MemberFault | GatewayFault;
  /** Names of the members that were hit. */
  readonly hit: readonly string[];
}

/** Ends a fault, and resolves when all is well again. */
type Heal = () => Promise<void>;

/** Does harm to members on one hand, to the gateway and what it reads on the other. */
export class Nemesis {
  readonly deeds: Deed[] = [];
  /** What would not come back. */
  readonly problems: string[] = [];
  readonly #stage: Stage;
  readonly #startedMs = performance.now();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Follows the seed's schedule until told to stop; then all that was harmed is well again. */
  async run(seed: number, stop: AbortSignal): Promise<void> {
    const { members, gateway } = schedule(seed, this.#stage.cluster.members.length);
    await Promise.all([
      this.#follow(members, async (fault) => this.#harmMembers(fault), stop),
      this.#follow(gateway, async (fault) => this.#harmGateway(fault), stop),
    ]);
  }

  async #follow<F extends MemberFault | GatewayFault>(
    steps: Iterator<Step<F>, never>,
    harm: (fault: F) => Promise<Harm>,
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted && this.problems.length === 0) {
      const step = steps.next().value;
      await this.#take(step, harm, stop).catch((error: unknown) => {
        this.problems.push(`after ${JSON.stringify(step.fault)}: ${errorMessage(error)}`);
      });
      await rest(step.restMs, stop);
    }
  }

  async #take<F extends MemberFault | GatewayFault>(
    { fault, lastsMs }: Step<F>,
    harm: (fault: F) => Promise<Harm>,
    stop: AbortSignal,
  ): Promise<void> {
    const startedMs = performance.now();
    const { hit, heal } = await harm(fault);
    await rest(lastsMs, stop);
    await heal();
    const lastedMs = Math.round(performance.now() - startedMs);
    this.deeds.push({ atMs: Math.round(startedMs - this.#startedMs), lastedMs, fault, hit });
    if (this.#stage.exit !== undefined) this.problems.push(this.#stage.exit);
  }

  async #harmMembers(fault: MemberFault): Promise<Harm> {
    const victims = await this.#find(fault.members);
    const hit = victims.map(({ name }) => name);
    return { hit, heal: await harmMembers(this.#stage, fault.kind, victims) };
  }

  async #harmGateway(fault: GatewayFault): Promise<Harm> {
    return { hit: [], heal: await harmGateway(this.#stage, fault) };
  }

  /** A leader that is also one of the others counts once. */
  async #find(victims: readonly Victim[]): Promise<EtcdMember[]> {
    const { cluster } = this.#stage;
    const found = victims.map(async (victim) =>
      victim === 'leader' ? this.#stage.leader() : cluster.member(victim),
    );
    return [...new Set(await Promise.all(found))];
  }
}

interface Harm {
  readonly hit: readonly string[];
  readonly heal: Heal;
}

async function harmMembers(
  stage: Stage,
  kind: MemberFault['kind'],
  victims: readonly EtcdMember[],
): Promise<Heal> {
  const { cluster } = stage;
  switch (kind) {
    case 'kill':
      await each(victims, async (member) => member.kill());
      return async () => each(victims, async (member) => cluster.restart(member));
    case 'stop':
      await each(victims, async (member) => member.stop());
      return async () => each(victims, async (member) => cluster.restart(member));
    case 'freeze':
    case 'freeze most':
      for (const member of victims) member.pause();
      return async () => {
        for (const member of victims) member.resume();
        await cluster.ready();
      };
    case 'replace':
      await each(victims, async (member) => stage.replace(member));
      return async () => cluster.ready();
  }
}

async function harmGateway(stage: Stage, fault: GatewayFault): Promise<Heal> {
  switch (fault.kind) {
    case 'edit':
      await stage.editFile(fault.way, fault.content);
      return async () => stage.editFile(fault.way, 'all');
    case 'change srv':
      await stage.changeRecords(fault.content);
      return async () => stage.changeRecords('all');
    case 'silence dns':
      await stage.silenceDns();
      return async () => stage.resumeDns();
    case 'restart':
      await stage.restartGateway();
      return nothing;
    case 'kill gateway':
      await stage.killGateway();
      return nothing;
    case 'freeze gateway':
      stage.signalGateway('SIGSTOP');
      return async () => stage.signalGateway('SIGCONT');
    case 'sighup':
      stage.signalGateway('SIGHUP');
      return nothing;
  }
}

const nothing: Heal = () => Promise.resolve();

async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(items.map(act));
}

async function rest(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
