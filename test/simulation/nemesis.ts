import type { Clock, Timer } from '../../src/model/ports.js';
import type { ControlPlane } from './control-plane.js';
import type { Dice } from './dice.js';
import type { DnsWorld } from './dns-world.js';
import type { FileWorld } from './file-world.js';
import type { Member, MemberWorld } from './member-world.js';
import { anySetup, render, withEndpoints, type Setup } from './setup.js';

export interface NemesisDeps {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly dns: DnsWorld;
  readonly members: MemberWorld;
  readonly file: FileWorld;
  readonly plane: () => ControlPlane;
  /** Told what was done. */
  readonly tell: (deed: string) => void;
}

const broken = [
  'gateways: {}\n',
  'gateways:\n  main: { listen-addr: 127.0.0.1:23790, endpoint: [a:1] }\n',
  '',
  '\t: [',
] as const;

/** As often as they stand here. */
const usual = [
  'dns',
  'zone',
  'address',
  'list',
  'reload',
  'listener',
  'member',
  'member',
  'file',
  'file',
] as const;

/** Does harm at random, and makes everything good again. */
export class Nemesis {
  readonly #deps: NemesisDeps;
  #setup: Setup;
  /** What a slow writer has still to write. */
  #writing: readonly Timer[] = [];

  constructor(deps: NemesisDeps) {
    this.#deps = deps;
    this.#setup = anySetup(deps.dice, this.#endpoints(deps.members.listed));
  }

  get setup(): Setup {
    return this.#setup;
  }

  /** One misfortune, change or recovery. */
  act(): void {
    const { dice, tell } = this.#deps;
    const deeds = {
      dns: () => this.#dns(),
      zone: () => this.#zone(),
      address: () => this.#address(),
      member: () => this.#member(),
      list: () => this.#list(),
      file: () => this.#file(),
      reload: () => void this.#deps.plane().reload(),
      listener: () => this.#listener(),
    };
    const name = dice.pick(usual);
    deeds[name]();
    tell(name);
  }

  /** No fault is left, and every source says the same. */
  heal(): void {
    const { dns, members, file, plane } = this.#deps;
    dns.state = 'up';
    dns.loss = 0;
    file.deafness = 0;
    for (const rest of this.#writing) rest.cancel();
    plane().live.isBusy = false;
    for (const member of members.all) members.become(member, 'up');
    this.#publish(members.listed);
    this.#setup = withEndpoints(this.#setup, this.#endpoints(members.listed));
    file.write(render(this.#setup));
    void plane().reload();
  }

  #dns(): void {
    const { dns, dice } = this.#deps;
    dns.state = dice.pick(['up', 'up', 'silent', 'broken']);
    dns.loss = dice.pick([0, 0, 0.1, 0.5]);
    dns.ttlMs = dice.pick([0, 30_000, 60_000, 300_000, 86_400_000]);
  }

  /** The records need not name the members: somebody maintains them by hand. */
  #zone(): void {
    const { members, dice } = this.#deps;
    this.#publish(dice.chance(0.2) ? [] : some(dice, members.all));
  }

  #publish(targets: readonly Member[]): void {
    const { dns, dice } = this.#deps;
    for (const { host, address } of this.#deps.members.all) dns.hosts.set(host, address);
    dns.publish(
      targets.map(({ host: target, port }) => {
        return { target, port, priority: dice.below(2), weight: dice.below(3) };
      }),
    );
  }

  /** A member moves to another machine; the zone tells at once, or with its next change. */
  #address(): void {
    const { members, dice, clock, dns } = this.#deps;
    const member = anyOf(dice, members.all);
    const octet = Number(member.address.split('.')[2]) + 1;
    const moved = `10.0.${octet % 250}.${member.id}`;
    members.become(member, 'down');
    member.move(moved, clock.nowMs());
    members.become(member, 'up');
    if (dice.chance(0.8)) dns.hosts.set(member.host, moved);
  }

  #member(): void {
    const { members, dice } = this.#deps;
    const member = anyOf(dice, members.all);
    members.become(member, dice.pick(['up', 'up', 'down', 'down', 'dark', 'hung']));
  }

  #list(): void {
    const { members, dice } = this.#deps;
    members.list(some(dice, members.all));
  }

  #file(): void {
    const { file, dice, members } = this.#deps;
    for (const rest of this.#writing) rest.cancel();
    file.deafness = dice.pick([0, 0, 0.5]);
    const endpoints = this.#endpoints(some(dice, members.all));
    const setup = dice.chance(0.5)
      ? anySetup(dice, endpoints)
      : withEndpoints(this.#setup, endpoints);
    const text = render(setup);
    const writes = {
      whole: () => this.#write(setup, text),
      again: () => file.write(file.content),
      broken: () => file.write(dice.pick(broken)),
      removed: () => file.write(undefined),
      slowly: () => this.#writeSlowly(setup, text),
    };
    writes[dice.pick(['whole', 'whole', 'again', 'broken', 'removed', 'slowly'])]();
  }

  #write(setup: Setup, text: string): void {
    this.#setup = setup;
    this.#deps.file.write(text);
  }

  /** As an editor that empties the file and fills it by and by. */
  #writeSlowly(setup: Setup, text: string): void {
    const { file, clock, dice } = this.#deps;
    this.#setup = setup;
    file.write('');
    const cut = dice.below(text.length);
    this.#writing = [
      clock.setTimer(20, () => file.write(text.slice(0, cut))),
      clock.setTimer(40, () => file.write(text)),
    ];
  }

  #listener(): void {
    const { plane, dice } = this.#deps;
    plane().live.isBusy = dice.chance(0.3);
  }

  #endpoints(members: readonly Member[]): readonly string[] {
    return members.map(({ endpoint }) => endpoint);
  }
}

function anyOf(dice: Dice, [first, ...rest]: readonly Member[]): Member {
  if (!first) throw new Error('a world without members');
  return dice.pick([first, ...rest]);
}

/** One at least. */
function some(dice: Dice, members: readonly Member[]): readonly Member[] {
  const chosen = members.filter(() => dice.chance(0.6));
  return chosen.length > 0 ? chosen : [anyOf(dice, members)];
}
