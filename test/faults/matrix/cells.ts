import type { SessionEnd } from '../../../src/model/events.js';

/** What goes wrong. Named as by Toxiproxy where it has a name for it. */
export const kinds = {
  latency: 'every piece comes 20 ms late, in both directions',
  bandwidth: '256 KiB a second pass, in both directions',
  'slow-close': 'the end of this side comes 300 ms late',
  timeout: 'what is sent in either direction is swallowed, and nothing is closed',
  'reset-peer': 'this side resets the connection',
  slicer: 'every piece is cut to 1,000 bytes, in both directions',
  'limit-data': 'this side ends in order before it has sent everything',
  refuse: 'new connections to this side are refused; open ones go on',
  'black-hole': 'packets vanish: for good when the gateway dials, else for 700 ms',
  hang: 'this side neither reads nor writes, as a stopped process: for 700 ms, or for good where it has not answered yet',
  'half-open': 'this side is gone, and no packet has told so',
  'accept-queue': "this side's queue of connections to accept is full; open ones go on",
} as const;

/** When it begins. */
export const phases = {
  'before-connect': 'before it connects',
  'first-bytes': 'before the first bytes',
  'mid-stream': 'mid-stream',
  'half-close': "after the client's end",
  drain: 'during a drain',
  reload: 'during reloads',
} as const;

export const sides = { client: 'on the client side', endpoint: 'on the endpoint side' } as const;

export type Kind = keyof typeof kinds;
export type Phase = keyof typeof phases;
export type Side = keyof typeof sides;

/** `refused`: a client that got no session. `unseen`: the listener has seen it leave. */
export type Outcome = SessionEnd | 'refused' | 'unseen';

/** What a cell must show. */
export interface Expectation {
  /** More than one where the order of packets decides. */
  readonly outcomes: readonly Outcome[];
  /** Whether all bytes come through; what comes is right in any case. */
  readonly toEndpoint: 'whole' | 'part';
  readonly toClient: 'whole' | 'part';
  /** How the session ends for the side that is well. */
  readonly wellSideSees: 'end' | 'reset' | 'any';
  /** Whether the endpoint is taken out of rotation; always when its client is refused. */
  readonly isEjected?: boolean;
  /** The reason that failed dials are counted under. */
  readonly dialFails?: 'refused' | 'timeout';
  /** What becomes of a second client that comes while the fault lasts. */
  readonly newcomer?: 'refused' | 'served';
  /** The fault passes by itself. */
  readonly heals?: boolean;
}

/** Why there is nothing to try. */
export interface Impossible {
  readonly because: string;
}

export type Entry = Expectation | Impossible;

export type Row = Readonly<Record<Phase, Entry>>;

export interface Cell {
  readonly kind: Kind;
  readonly phase: Phase;
  readonly side: Side;
  /** Names its gateway too. */
  readonly name: string;
  readonly expected: Expectation;
}

const unharmed: Expectation = {
  ...{ outcomes: ['done'], toEndpoint: 'whole', toClient: 'whole', wellSideSees: 'end' },
};
const healed: Expectation = { ...unharmed, heals: true };

/** Reset by the gateway, which says why. */
function cut(outcome: Outcome): Expectation {
  return { outcomes: [outcome], toEndpoint: 'part', toClient: 'part', wellSideSees: 'reset' };
}

const idle: Expectation = { ...cut('idle'), wellSideSees: 'end' };
const drained = cut('drain-timeout');
const hung: Expectation = { ...cut('first-byte-timeout'), isEjected: true };
/** The connection alone is gone: the endpoint answers the gateway, which asks it before it ejects. */
const goneAlone: Expectation = cut('first-byte-timeout');
const unreachable: Expectation = { ...cut('refused'), dialFails: 'timeout' };

/** The session goes on; whoever comes new finds the endpoint closed, or another one. */
const closedToOthers: Expectation = { ...unharmed, isEjected: true, newcomer: 'refused' };
const closedWhileDraining: Expectation = { ...unharmed, newcomer: 'served' };

/** The same in every phase, but for these. */
function row(usual: Entry, others: Readonly<Partial<Record<Phase, Entry>>> = {}): Row {
  const phaseNames = Object.keys(phases) as Phase[];
  return Object.fromEntries(phaseNames.map((phase) => [phase, others[phase] ?? usual])) as Row;
}

const notDialed: Impossible = { because: 'a client dials, and nobody dials it' };
const ended: Impossible = { because: "the client's end has passed already" };
const neverThere: Impossible = {
  because: 'who is gone before it connects is not there: see black-hole',
};

/** The whole matrix: what each fault must come to. */
export const matrix: Readonly<Record<Kind, Readonly<Record<Side, Row>>>> = {
  latency: { client: row(unharmed), endpoint: row(unharmed) },
  bandwidth: { client: row(unharmed), endpoint: row(unharmed) },
  'slow-close': { client: row(unharmed, { 'half-close': ended }), endpoint: row(unharmed) },
  timeout: {
    // after the client's end nothing is missing for the gateway: it hands everything on
    client: row(idle, { 'half-close': { ...unharmed, toClient: 'part' }, drain: drained }),
    endpoint: row(idle, {
      ...{ 'before-connect': hung, 'first-bytes': hung, drain: drained },
      'half-close': { ...idle, toEndpoint: 'whole' },
    }),
  },
  'reset-peer': {
    client: row(cut('client-reset'), {
      'before-connect': {
        ...cut('client-reset'),
        ...{ outcomes: ['client-reset', 'unseen'], wellSideSees: 'any' },
      },
      'half-close': { ...cut('client-reset'), toEndpoint: 'whole' },
    }),
    endpoint: row(cut('endpoint-reset'), {
      'before-connect': { ...cut('endpoint-reset'), outcomes: ['endpoint-reset', 'refused'] },
      'half-close': { ...cut('endpoint-reset'), toEndpoint: 'whole' },
    }),
  },
  slicer: { client: row(unharmed), endpoint: row(unharmed) },
  'limit-data': {
    client: row({ ...unharmed, toEndpoint: 'part' }, { 'half-close': ended }),
    endpoint: row({ ...unharmed, toClient: 'part' }),
  },
  refuse: {
    client: row(notDialed),
    endpoint: row(closedToOthers, {
      'before-connect': { ...cut('refused'), dialFails: 'refused' },
      drain: closedWhileDraining,
    }),
  },
  'black-hole': {
    client: row(healed),
    endpoint: row(healed, { 'before-connect': unreachable }),
  },
  hang: {
    client: row(healed),
    endpoint: row(healed, { 'before-connect': hung, 'first-bytes': hung }),
  },
  'half-open': {
    client: row(cut('client-reset'), {
      ...{ 'before-connect': neverThere, drain: drained },
      'half-close': { ...cut('client-reset'), toEndpoint: 'whole' },
    }),
    endpoint: row(cut('endpoint-reset'), {
      ...{ 'before-connect': neverThere, 'first-bytes': goneAlone, drain: drained },
      'half-close': { ...cut('endpoint-reset'), toEndpoint: 'whole' },
    }),
  },
  'accept-queue': {
    client: row(notDialed, {
      'before-connect': {
        because: "the queue is the gateway's own, which a test for itself fills",
      },
    }),
    endpoint: row(closedToOthers, {
      'before-connect': unreachable,
      drain: closedWhileDraining,
    }),
  },
};

/** Whether it takes a network of its own: packets are dropped, or small buffers have to be full. */
export function needsOwnNetwork({ kind, phase, side }: Cell): boolean {
  if (kind === 'black-hole' || kind === 'half-open') return true;
  return kind === 'reset-peer' && phase === 'half-close' && side === 'client';
}

export function isImpossible(entry: Entry): entry is Impossible {
  return 'because' in entry;
}

/** All cells that can be tried, in the matrix' order. */
export function allCells(): Cell[] {
  const cells: Cell[] = [];
  for (const kind of Object.keys(kinds) as Kind[]) {
    for (const side of Object.keys(sides) as Side[]) {
      for (const phase of Object.keys(phases) as Phase[]) {
        const expected = matrix[kind][side][phase];
        if (isImpossible(expected)) continue;
        cells.push({ kind, phase, side, name: `${kind}-${phase}-${side}`, expected });
      }
    }
  }
  return cells;
}

/** As the name of a test. */
export function sentence({ kind, phase, side, expected }: Cell): string {
  const outcome = expected.outcomes.join(' or ');
  return `${kind} ${sides[side]} ${phases[phase]}: ${outcome}`;
}
