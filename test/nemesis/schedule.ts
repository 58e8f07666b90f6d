import type { Random } from '../../src/model/ports.js';
import { fileChanges } from '../support/file-changes.js';
import { seeded } from '../support/seeded.js';
import { Deck, integer, shuffled } from './random.js';

/** What is done to members. `members`: places in a shuffled list of them, the leader first. */
export type MemberFault =
  | { readonly kind: 'kill' | 'stop' | 'freeze'; readonly members: readonly Victim[] }
  | { readonly kind: 'freeze most'; readonly members: readonly Victim[] }
  | { readonly kind: 'replace'; readonly members: readonly [Victim] };

/** `leader`, whoever that is then, or a place in the list of members. */
export type Victim = 'leader' | number;

/** What is done to the gateway and to what it reads. */
export type GatewayFault =
  | { readonly kind: 'edit'; readonly way: string; readonly content: FileContent }
  | { readonly kind: 'change srv'; readonly content: SrvContent }
  | {
      readonly kind: 'silence dns' | 'restart' | 'kill gateway' | 'freeze gateway' | 'sighup';
    };

/** A file without one member, with other settings, or with a mistake. */
export type FileContent = 'all' | 'one less' | 'other settings' | 'broken';

/** Records without one member, or with priorities and weights. */
export type SrvContent = 'all' | 'one less' | 'weighted';

/** A fault, how long it lasts, and how long all is well afterwards. */
export interface Step<F> {
  readonly fault: F;
  readonly lastsMs: number;
  readonly restMs: number;
}

/** Both sequences follow from the seed alone; they have no end. */
export interface Schedule {
  readonly members: Iterator<Step<MemberFault>, never>;
  readonly gateway: Iterator<Step<GatewayFault>, never>;
}

export function schedule(seed: number, members: number): Schedule {
  return {
    members: memberSteps(seeded(seed), members),
    gateway: gatewaySteps(seeded(seed ^ 0x5eed)),
  };
}

/**
 * At most a minority is down at a time, except for the short spells of `freeze most`; a member is
 * replaced only while all others are up.
 */
function* memberSteps(random: Random, members: number): Generator<Step<MemberFault>, never> {
  const minority = Math.floor((members - 1) / 2);
  const kinds = ['kill', 'kill', 'stop', 'freeze', 'freeze', 'freeze most', 'replace'] as const;
  const deck = new Deck(random, kinds);
  for (;;) {
    const kind = deck.next();
    const restMs = integer(random, 500, 3_000);
    if (kind === 'replace') {
      yield { fault: { kind, members: [victim(random, members)] }, lastsMs: 0, restMs };
    } else if (kind === 'freeze most') {
      const fault = { kind, members: victims(random, members, minority + 1) };
      yield { fault, lastsMs: integer(random, 300, 2_000), restMs };
    } else {
      const fault = { kind, members: victims(random, members, integer(random, 1, minority)) };
      yield { fault, lastsMs: integer(random, 500, 6_000), restMs };
    }
  }
}

function victim(random: Random, members: number): Victim {
  return random() < 0.4 ? 'leader' : integer(random, 0, members - 1);
}

function victims(random: Random, members: number, count: number): Victim[] {
  const places = shuffled<Victim>(random, [...Array(members).keys()]).slice(0, count);
  return random() < 0.4 ? ['leader', ...places.slice(1)] : places;
}

function* gatewaySteps(random: Random): Generator<Step<GatewayFault>, never> {
  const deck = new Deck(random, gatewayKinds);
  const ways = new Deck(random, Object.keys(fileChanges));
  const contents = new Deck<FileContent>(random, ['one less', 'other settings', 'broken']);
  const records = new Deck<SrvContent>(random, ['one less', 'weighted']);
  for (;;) {
    const kind = deck.next();
    const restMs = integer(random, 200, 2_000);
    const fault: GatewayFault =
      kind === 'edit'
        ? { kind, way: ways.next(), content: contents.next() }
        : kind === 'change srv'
          ? { kind, content: records.next() }
          : { kind };
    yield { fault, lastsMs: integer(random, ...lasting(kind)), restMs };
  }
}

const gatewayKinds = [
  ...(['edit', 'edit', 'edit', 'edit', 'change srv', 'change srv'] as const),
  ...(['silence dns', 'restart', 'kill gateway', 'freeze gateway', 'sighup'] as const),
];

function lasting(kind: GatewayFault['kind']): [number, number] {
  switch (kind) {
    case 'freeze gateway':
      return [200, 1_500];
    case 'silence dns':
      return [500, 5_000];
    default:
      return [300, 3_000];
  }
}
