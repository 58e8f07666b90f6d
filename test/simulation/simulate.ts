import type { GatewayEvent } from '../../src/model/events.js';
import { Client } from './clients.js';
import { ControlPlane, type Sabotage } from './control-plane.js';
import { Dice } from './dice.js';
import { DnsWorld, srvDomain } from './dns-world.js';
import { FileWorld } from './file-world.js';
import { Invariants } from './invariants.js';
import { Member, MemberWorld } from './member-world.js';
import { Nemesis } from './nemesis.js';
import { render } from './setup.js';
import { breathe } from './turn.js';
import { VirtualClock } from './virtual-clock.js';
import { formatTime, Violation } from './violation.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly hours: number;
  readonly sabotage?: Sabotage;
}

/** What happened; figures for people, and proof that something did. */
export interface SimulationReport {
  readonly seed: number;
  readonly hours: number;
  /** Moments after which the invariants were checked. */
  steps: number;
  faults: number;
  calms: number;
  sessions: number;
  readonly refused: number;
  applied: number;
  rejected: number;
  lookups: number;
  ejections: number;
  returns: number;
  checks: number;
}

/** A run that broke an invariant: what, what came before it, and how to have it again. */
export class SimulationFailure extends Error {
  constructor({ seed, hours }: SimulationOptions, cause: unknown, journal: readonly string[]) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const again = `npm run simulate -- --seed ${seed} --hours ${hours}`;
    super([what, ...journal.map((line) => `  ${line}`), `again: ${again}`].join('\n'), {
      cause,
    });
    this.name = 'SimulationFailure';
  }
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const memberCount = 5;
/** After the last fault: the longest TTL, then an interval, then a name, then a retry. */
const convergeMs = 20 * minuteMs;
const longestCalmMs = 12 * hourMs;
const longestStormMs = hourMs;
const betweenFaultsMs = 20_000;
const betweenClientsMs = minuteMs;
const sessionMs = 3 * minuteMs;

/** Lives through so many hours of faults and calms. @throws SimulationFailure */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const simulation = new Simulation(options);
  try {
    return await simulation.run();
  } catch (error) {
    throw new SimulationFailure(options, error, simulation.journal);
  }
}

class Simulation {
  readonly journal: string[] = [];
  readonly #options: SimulationOptions;
  readonly #dice: Dice;
  readonly #clock = new VirtualClock();
  readonly #dns: DnsWorld;
  readonly #members: MemberWorld;
  readonly #file: FileWorld;
  readonly #nemesis: Nemesis;
  readonly #invariants: Invariants;
  readonly #report: SimulationReport;
  #plane: ControlPlane | undefined;

  constructor(options: SimulationOptions) {
    const { seed, hours } = options;
    this.#options = options;
    this.#dice = new Dice(seed);
    const clock = this.#clock;
    this.#dns = new DnsWorld(clock, this.#dice.fork());
    const members = Array.from({ length: memberCount }, (_, index) => new Member(index, srvDomain));
    this.#members = new MemberWorld(clock, this.#dice.fork(), members);
    this.#members.list(members.slice(0, 3));
    this.#file = new FileWorld(clock, this.#dice.fork(), '');
    const plane = (): ControlPlane => this.#running();
    const world = { clock, dns: this.#dns, members: this.#members, plane };
    this.#invariants = new Invariants(world);
    this.#nemesis = new Nemesis({
      ...{ ...world, dice: this.#dice.fork(), file: this.#file },
      tell: (deed) => this.#note(`nemesis: ${deed}`),
    });
    this.#dns.asked = () => (this.#report.lookups += 1);
    this.#report = {
      ...{ seed, hours, steps: 0, faults: 0, calms: 0, sessions: 0, refused: 0, applied: 0 },
      ...{ rejected: 0, lookups: 0, ejections: 0, returns: 0, checks: 0 },
    };
  }

  async run(): Promise<SimulationReport> {
    await this.#start();
    const endMs = this.#options.hours * hourMs;
    while (this.#clock.nowMs() < endMs) {
      await this.#storm(this.#clock.nowMs() + this.#dice.between(0, longestStormMs));
      await this.#calm();
    }
    await this.#end();
    return { ...this.#report, refused: this.#invariants.refusals };
  }

  async #start(): Promise<void> {
    this.#file.write(render(this.#nemesis.setup));
    const { random } = this.#dice.fork();
    const observer = (event: GatewayEvent): void => this.#observe(event);
    const parts = { clock: this.#clock, dns: this.#dns, members: this.#members, disk: this.#file };
    const starting = ControlPlane.start({ ...parts, random, observer }, this.#options.sabotage);
    // The first look at a file that is just being written waits until it stands still.
    void starting.then((plane) => (this.#plane = plane));
    while (!this.#plane) {
      await breathe();
      await this.#clock.run(this.#clock.nowMs() + 1, breathe);
    }
    this.#expectClient();
  }

  async #storm(untilMs: number): Promise<void> {
    while (this.#clock.nowMs() < untilMs) {
      const waitMs = this.#dice.exponential(betweenFaultsMs);
      await this.#clock.run(this.#clock.nowMs() + waitMs, this.#step);
      this.#nemesis.act();
      this.#report.faults += 1;
      await this.#step();
    }
  }

  async #calm(): Promise<void> {
    this.#nemesis.heal();
    this.#dns.ttlMs = 5 * minuteMs;
    this.#note('nemesis: heal');
    const startMs = this.#clock.nowMs();
    await this.#clock.run(startMs + convergeMs, this.#step);
    this.#invariants.checkConverged(this.#nemesis.setup);
    await this.#checkIdle();
    await this.#clock.run(startMs + this.#dice.between(convergeMs, longestCalmMs), this.#step);
    this.#report.calms += 1;
  }

  /** A second look finds nothing to do. */
  async #checkIdle(): Promise<void> {
    const plane = this.#running();
    const { current } = plane.reconciler;
    const { outcome } = await plane.request('once more');
    if (outcome !== 'unchanged' || plane.reconciler.current !== current) {
      throw new Violation(`a second look was ${outcome}`, this.#clock.nowMs());
    }
  }

  async #end(): Promise<void> {
    this.#invariants.isClosing = true;
    await this.#running().close();
    this.#plane = undefined;
    this.#nextClient?.cancel();
    this.#invariants.checkClosed();
  }

  /** After each moment in which something happened. */
  readonly #step = async (): Promise<void> => {
    do await breathe();
    while (this.#running().runsUnderWay > 0);
    this.#report.steps += 1;
    this.#invariants.check();
  };

  #nextClient: { cancel(): void } | undefined;

  #expectClient(): void {
    const waitMs = this.#dice.exponential(betweenClientsMs);
    this.#nextClient = this.#clock.setTimer(waitMs, () => {
      this.#expectClient();
      for (const gateway of this.#running().live.gateways.values()) {
        const deps = { clock: this.#clock, dice: this.#dice, members: this.#members };
        const watch = this.#invariants;
        this.#report.sessions += 1;
        new Client(gateway, { ...deps, watch }, this.#dice.exponential(sessionMs)).start();
      }
    });
  }

  #observe(event: GatewayEvent): void {
    this.#invariants.observe(event);
    count(this.#report, event);
    if (quiet.has(event.type)) return;
    this.#note(JSON.stringify(event).slice(0, 300));
  }

  #note(what: string): void {
    this.journal.push(`${formatTime(this.#clock.nowMs())} ${what}`);
    if (this.journal.length > 30) this.journal.shift();
  }

  #running(): ControlPlane {
    if (!this.#plane) throw new Error('the control plane does not run');
    return this.#plane;
  }
}

const quiet = new Set<GatewayEvent['type']>(['health-checked', 'dns-queried']);

function count(report: SimulationReport, event: GatewayEvent): void {
  if (event.type === 'upstream-ejected') report.ejections += 1;
  if (event.type === 'upstream-returned') report.returns += 1;
  if (event.type === 'health-checked') report.checks += 1;
  if (event.type !== 'reconciled') return;
  if (event.verdict.outcome === 'applied') report.applied += 1;
  if (event.verdict.outcome === 'rejected') report.rejected += 1;
}
