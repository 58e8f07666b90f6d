import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { History, Operation, Value } from '../../nemesis/history.js';
import { apply, linearize } from '../../nemesis/linearizable.js';

const test = suite('linearizable histories');

/** `begin end`: when; no end: nobody knows what came of it. */
function write(value: string, calledMs: number, returnedMs?: number): Operation {
  const call = { kind: 'write', value } as const;
  const known = returnedMs !== undefined && ({ result: { kind: 'written' }, returnedMs } as const);
  return { client: 'w', call, calledMs, ...known };
}

function read(value: Value, calledMs: number, returnedMs: number): Operation {
  const result = { kind: 'read', value } as const;
  return { client: 'r', call: { kind: 'read' }, calledMs, result, returnedMs };
}

function cas(expected: Value, value: string, calledMs: number, returnedMs?: number): Operation {
  const call = { kind: 'cas', expected, value } as const;
  const known = returnedMs !== undefined && ({ result: { kind: 'swapped' }, returnedMs } as const);
  return { client: 'c', call, calledMs, ...known };
}

function refusedCas(
  expected: Value,
  found: Value,
  calledMs: number,
  returnedMs: number,
): Operation {
  const call = { kind: 'cas', expected, value: 'never' } as const;
  const result = { kind: 'differs', value: found } as const;
  return { client: 'c', call, calledMs, result, returnedMs };
}

const good: readonly (readonly [string, History])[] = [
  ['nothing happened', []],
  ['a new register is empty', [read(undefined, 0, 1)]],
  ['a read after a write sees it', [write('a', 0, 1), read('a', 2, 3)]],
  ['a read during a write sees it', [write('a', 0, 5), read('a', 1, 2)]],
  ['a read during a write does not see it', [write('a', 0, 5), read(undefined, 1, 2)]],
  [
    'writes at the same time in either order',
    [write('a', 0, 5), write('b', 0, 5), read('b', 6, 7), read('b', 8, 9)],
  ],
  [
    'reads see writes of the same time one after the other',
    [write('a', 0, 9), write('b', 0, 9), read('b', 1, 2), read('a', 3, 4)],
  ],
  ['a write of unknown outcome is seen', [write('a', 0), read('a', 5, 6)]],
  ['a write of unknown outcome is not seen', [write('a', 0), read(undefined, 5, 6)]],
  [
    'a write of unknown outcome takes effect late',
    [write('a', 0), write('b', 1, 2), read('b', 3, 4), read('a', 5, 6)],
  ],
  ['a swap of what stands there', [write('a', 0, 1), cas('a', 'b', 2, 3), read('b', 4, 5)]],
  ['a swap of nothing', [cas(undefined, 'a', 0, 1), read('a', 2, 3)]],
  ['a refused swap tells what stands there', [write('a', 0, 1), refusedCas('b', 'a', 2, 3)]],
  [
    'a swap whose outcome is unknown has happened',
    [write('a', 0, 1), cas('a', 'b', 2), cas('b', 'c', 3, 4), read('c', 5, 6)],
  ],
  ['what begins when another ends overlaps with it', [write('a', 0, 2), read(undefined, 2, 3)]],
];

const bad: readonly (readonly [string, History])[] = [
  ['a value from nowhere', [read('a', 0, 1)]],
  ['an acknowledged write is lost', [write('a', 0, 1), read(undefined, 2, 3)]],
  ['a stale read', [write('a', 0, 1), write('b', 2, 3), read('a', 4, 5)]],
  [
    'a read sees a write, a later one does not',
    [write('a', 0, 9), read('a', 1, 2), read(undefined, 3, 4)],
  ],
  [
    'two readers disagree about the order',
    [
      ...[write('a', 0, 9), write('b', 0, 9), read('a', 10, 11)],
      ...[read('b', 12, 13), read('a', 14, 15)],
    ],
  ],
  [
    'both of two swaps of one value succeed',
    [write('a', 0, 1), cas('a', 'b', 2, 5), cas('a', 'c', 2, 5)],
  ],
  ['a swap of what does not stand there', [write('a', 0, 1), cas('b', 'c', 2, 3)]],
  ['a refused swap that should have succeeded', [write('a', 0, 1), refusedCas('a', 'a', 2, 3)]],
  ['a refused swap tells a stale value', [write('a', 0, 1), refusedCas('b', undefined, 2, 3)]],
  ['a write is read before it was called', [read('a', 0, 1), write('a', 2, 3)]],
  [
    'a write of unknown outcome takes effect twice',
    [write('a', 0), read('a', 1, 2), write('b', 3, 4), read('b', 5, 6), read('a', 7, 8)],
  ],
  [
    'a swap that has succeeded is not seen',
    [write('a', 0, 1), cas('a', 'b', 2, 3), read('a', 4, 5)],
  ],
];

for (const [what, history] of good) {
  test(`accepts: ${what}`, () => {
    assert.is(linearize(history).kind, 'linearizable');
  });
}

for (const [what, history] of bad) {
  test(`rejects: ${what}`, () => {
    assert.is(linearize(history).kind, 'not-linearizable');
  });
}

test('names the operations that could not come next', () => {
  const stale = read('a', 4, 5);
  const verdict = linearize([write('a', 0, 1), write('b', 2, 3), stale]);
  assert.equal(verdict, { kind: 'not-linearizable', stuck: [stale] });
});

test('says so where it has tried as many orders as it may', () => {
  const verdict = linearize([write('a', 0, 1), read('a', 2, 3)], { maxSteps: 1 });
  assert.equal(verdict, { kind: 'undecided', steps: 1 });
});

test('judges a thousand operations with a hundred unknown outcomes without trouble', () => {
  const history = generate({ ...many, unknownEvery: 10 });
  assert.is(linearize(history).kind, 'linearizable');
});

test('accepts whatever a real register does', () => {
  fc.assert(
    fc.property(simulations, (simulation) => {
      assert.is(linearize(generate(simulation)).kind, 'linearizable');
    }),
  );
});

test('rejects such a history once a read returns a value that nobody wrote', () => {
  const property = fc.property(simulations, fc.nat(), (simulation, choice) => {
    const history = generate(simulation);
    const reads = history.filter(({ call }) => call.kind === 'read');
    const victim = reads[choice % Math.max(1, reads.length)];
    fc.pre(victim !== undefined);
    const mutated = history.map((each) =>
      each === victim ? { ...each, result: { kind: 'read', value: 'nobody' } as const } : each,
    );
    assert.is(linearize(mutated).kind, 'not-linearizable');
  });
  fc.assert(property);
});

test('rejects such a history once an acknowledged write is undone', () => {
  const property = fc.property(simulations, (simulation) => {
    const history = generate({ ...simulation, unknownEvery: Infinity });
    const end = Math.max(0, ...history.map(({ returnedMs = 0 }) => returnedMs));
    const undone = [
      write('x', end + 1, end + 2),
      write('y', end + 3, end + 4),
      read('x', end + 5, end + 6),
    ];
    assert.is(linearize([...history, ...undone]).kind, 'not-linearizable');
  });
  fc.assert(property);
});

test('gives the verdict of a search through all orders, whatever was mutated', () => {
  const property = fc.property(fc.array(smallOperation, { maxLength: 6 }), (operations) => {
    const history = distinct(operations);
    const expected = inSomeOrder(history) ? 'linearizable' : 'not-linearizable';
    assert.is(linearize(history).kind, expected);
  });
  fc.assert(property, { numRuns: 2_000 });
});

/** A register with clients, each of whose operations takes effect somewhere between its ends. */
interface Simulation {
  readonly clients: number;
  readonly steps: readonly {
    readonly client: number;
    readonly kind: 'read' | 'write' | 'cas';
    readonly pauseMs: number;
    readonly lastsMs: number;
    readonly effect: number;
  }[];
  readonly unknownEvery: number;
}

const simulations: fc.Arbitrary<Simulation> = fc.record({
  clients: fc.integer({ min: 1, max: 5 }),
  steps: fc.array(
    fc.record({
      client: fc.nat(),
      kind: fc.constantFrom('read' as const, 'write' as const, 'cas' as const),
      pauseMs: fc.nat(5),
      lastsMs: fc.nat(20),
      effect: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 60 },
  ),
  unknownEvery: fc.integer({ min: 2, max: 9 }),
});

const many: Simulation = {
  clients: 5,
  steps: Array.from({ length: 1_000 }, (_, index) => ({
    ...{ client: index, kind: (['read', 'write', 'cas'] as const)[(index * 7) % 3] ?? 'read' },
    ...{ pauseMs: index % 4, lastsMs: (index * 13) % 20, effect: ((index * 31) % 10) / 10 },
  })),
  unknownEvery: 10,
};

interface Effect {
  readonly atMs: number;
  readonly begin: number;
  readonly end: number;
  readonly kind: 'read' | 'write' | 'cas';
  readonly index: number;
}

function generate({ clients, steps, unknownEvery }: Simulation): History {
  const free = new Array<number>(clients).fill(0);
  const effects = steps.map(({ client, kind, pauseMs, lastsMs, effect }, index): Effect => {
    const begin = (free[client % clients] ?? 0) + pauseMs;
    free[client % clients] = begin + lastsMs + 1;
    return { begin, end: begin + lastsMs, atMs: begin + effect * lastsMs, kind, index };
  });
  let state: Value;
  return effects
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ begin, end, kind, index }) => {
      const isUnknown = kind !== 'read' && index % unknownEvery === 0;
      const operation = operationOn(state, kind, `v${index}`, begin, isUnknown ? undefined : end);
      // Of those whose outcome is unknown half have happened.
      if (!isUnknown || index % 2 === 0) state = after(operation, state);
      return operation;
    });
}

function operationOn(
  state: Value,
  kind: Effect['kind'],
  value: string,
  begin: number,
  end: number | undefined,
): Operation {
  if (kind === 'read') return read(state, begin, end ?? begin);
  return kind === 'write' ? write(value, begin, end) : cas(state, value, begin, end);
}

function after({ call, result }: Operation, state: Value): Value {
  return apply(call, result, state)?.state;
}

const values = fc.constantFrom(undefined, 'a', 'b', 'c');
const times = fc.tuple(fc.nat(9), fc.nat(9));

const smallOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(values, times).map(([value, [begin, lasts]]) => read(value, begin, begin + lasts)),
  times.map(([begin, lasts]) => write('?', begin, lasts === 0 ? undefined : begin + lasts)),
  fc
    .tuple(values, times)
    .map(([value, [begin, lasts]]) =>
      cas(value, '?', begin, lasts === 0 ? undefined : begin + lasts),
    ),
  fc
    .tuple(values, values, times)
    .map(([value, found, [begin, lasts]]) => refusedCas(value, found, begin, begin + lasts)),
);

/** Gives each write a value of its own: a, b, c, … in the order of the list. */
function distinct(operations: readonly Operation[]): History {
  let next = 0;
  return operations.map((operation) => {
    const { call } = operation;
    if (call.kind === 'read') return operation;
    return { ...operation, call: { ...call, value: 'abcdefghij'[next++] ?? '' } };
  });
}

/** The definition itself: some order that keeps to time, in which every result is right. */
function inSomeOrder(history: History, state?: Value): boolean {
  if (history.every(({ result }) => result === undefined)) return true;
  const firstReturn = Math.min(...history.map(({ returnedMs = Infinity }) => returnedMs));
  return history.some((operation) => {
    if (operation.calledMs > firstReturn) return false;
    const applied = apply(operation.call, operation.result, state);
    const others = history.filter((other) => other !== operation);
    return applied !== undefined && inSomeOrder(others, applied.state);
  });
}

test.run();
