import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Balancer } from '../../../src/model/config.js';
import type { Random } from '../../../src/model/ports.js';
import { createPicker, type Picker } from '../../../src/pool/picker.js';
import type { Upstream } from '../../../src/pool/upstream.js';
import { UpstreamGroup } from '../../../src/pool/upstream-group.js';
import { Dice } from '../../simulation/dice.js';
import { endpointAt } from '../../support/desired.js';
import { FakeClock } from '../../support/fake-clock.js';
import { PoolBench } from '../../support/pool-bench.js';

const test = suite('picker');
const clock = new FakeClock();

test('goes round exactly evenly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 10 }),
      (members, rounds) => {
        const picker = pickerOf(upstreams(members));
        const counts = countPicks(picker, members * rounds);
        assert.ok([...counts.values()].every((count) => count === rounds));
        assert.is(counts.size, members);
      },
    ),
  );
});

test('matches the weights of a whole turn exactly', () => {
  const counts = countPicks(pickerOf(upstreams(3, { weights: [5, 3, 2] })), 100);
  assert.equal([...counts].sort(), [
    ['10.0.0.1:2379', 50],
    ['10.0.0.2:2379', 30],
    ['10.0.0.3:2379', 20],
  ]);
});

test('gives weight 0 a small chance, and all of them even ones', () => {
  const some = countPicks(pickerOf(upstreams(2, { weights: [0, 1] })), 1_010);
  assert.is(some.get('10.0.0.1:2379'), 10);
  const all = countPicks(pickerOf(upstreams(2, { weights: [0, 0] })), 10);
  assert.equal([...all.values()], [5, 5]);
});

test('gives all with a weight of 0 one small chance together', () => {
  const weights = [1, ...Array.from({ length: 20 }, () => 0)];
  const counts = countPicks(pickerOf(upstreams(21, { weights })), 2_020);
  assert.is(counts.get('10.0.0.1:2379'), 2_000);
  assert.is(counts.size, 21);
});

for (const balancer of ['round-robin', 'least-sessions', 'random-two'] as const) {
  test(`a fleet's first picks, and its fallbacks, are spread over all of them (${balancer})`, () => {
    const { random } = new Dice(1);
    const [picks, fallbacks] = [new Map<string, number>(), new Map<string, number>()];
    const count = (counts: Map<string, number>, first: Upstream | undefined): void => {
      counts.set(first?.key ?? '', (counts.get(first?.key ?? '') ?? 0) + 1);
    };
    for (let gateway = 0; gateway < 3_000; gateway += 1) {
      const picker = pickerOf(upstreams(3), { balancer, random });
      count(picks, picker.pick());
      count(fallbacks, picker.fallbacks()[0]);
    }
    for (const counts of [picks, fallbacks]) {
      assert.ok([...counts.values()].every((each) => each > 900 && each < 1_100));
    }
  });
}

test('a first pick goes by weight', () => {
  const { random } = new Dice(1);
  const heavy = Array.from({ length: 3_000 }, () =>
    pickerOf(upstreams(2, { weights: [4, 1] }), { random }).pick(),
  ).filter((first) => first?.endpoint.weight === 4).length;
  assert.ok(heavy > 2_300 && heavy < 2_500, `${heavy} of 3000`);
});

test('begins anew at a random place where nobody stays', () => {
  const before = pickerOf(upstreams(3));
  const members = upstreams(3, { port: 2380 });
  const first = pickerOf(members, { previous: before, random: () => 0.99 }).pick();
  assert.is(first, members[2]);
});

test('keeps its place when it is replaced, whatever left or came', () => {
  const [a, b, c, d] = upstreams(4);
  const first = pickerOf([a, b, c]);
  assert.is(first.pick(), a);
  const second = pickerOf([a, b, c, d], { previous: first });
  assert.equal([second.pick(), second.pick()], [b, c]);
  const third = pickerOf([a, b], { previous: second });
  assert.is(third.pick(), a); // d was next and has left
});

test('matches its weights also when it is replaced before each pick', () => {
  const members = upstreams(2, { weights: [5, 1] });
  let picker = pickerOf(members);
  const counts = new Map<string, number>();
  for (let n = 0; n < 60; n += 1) {
    picker = pickerOf(members, { previous: picker });
    const key = picker.pick()?.key ?? '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal([...counts.values()], [50, 10]);
});

test('is replaced in linear time, also by one that has no member in common', () => {
  const weights = Array.from({ length: 10_000 }, (_, n) => 1 + (n % 100));
  const before = pickerOf(upstreams(10_000, { weights }));
  const other = upstreams(10_000, { weights, port: 2380 });
  const startedMs = performance.now();
  pickerOf(other, { previous: before });
  assert.ok(performance.now() - startedMs < 1_000);
});

test('stays within the lowest priority that has somebody healthy', () => {
  const [a, b, c] = upstreams(3, { priorities: [1, 1, 2] });
  assert.equal(keys(pickerOf([a, b, c]), 4), ['1', '2', '1', '2']);
  eject(a);
  assert.equal(keys(pickerOf([a, b, c]), 2), ['2', '2']);
  eject(b);
  assert.equal(keys(pickerOf([a, b, c]), 2), ['3', '3']);
});

test('prefers any healthy one, of whatever priority, to a suspected one', () => {
  const [a, b, c] = upstreams(3, { priorities: [0, 0, 65_535] });
  a.suspicion = 'slow to connect';
  assert.equal(keys(pickerOf([a, b, c]), 2), ['2', '2']);
  b.suspicion = 'slow to answer';
  assert.equal(keys(pickerOf([a, b, c]), 2), ['3', '3']);
  c.suspicion = 'slow to answer';
  assert.equal(keys(pickerOf([a, b, c]), 2), ['1', '2']);
  eject(a);
  eject(b);
  assert.equal(keys(pickerOf([a, b, c]), 2), ['3', '3']);
});

test('tries all of them, whatever their priority, when all are ejected', () => {
  const members = upstreams(3, { priorities: [0, 1, 2] });
  members.forEach(eject);
  assert.equal(keys(pickerOf(members), 3), ['1', '2', '3']);
});

test('lists where a session goes on: the healthy by priority, the suspected, the ejected', () => {
  const [a, b, c, d] = upstreams(4, { priorities: [1, 0, 0, 0] });
  b.suspicion = 'slow to connect';
  eject(c);
  const fallbacks = pickerOf([a, b, c, d]).fallbacks();
  assert.equal(fallbacks, [d, a, b, c]);
});

for (const balancer of ['round-robin', 'least-sessions', 'random-two'] as const) {
  test(`passes by those that are full (${balancer})`, () => {
    const [a, b] = upstreams(2, { maxSessions: 2 });
    a.dials = 1;
    const picker = pickerOf([a, b], { balancer });
    a.sessions.add(session());
    assert.equal(keys(picker, 4), ['2', '2', '2', '2']);
    b.dials = 2;
    assert.is(picker.pick(), undefined);
  });

  test(`keeps to the shares of the weights (${balancer})`, () => {
    const members = upstreams(3, { weights: [6, 3, 1] });
    const picker = pickerOf(members, { balancer });
    for (let n = 0; n < 1_000; n += 1) picker.pick()?.sessions.add(session());
    members.forEach(({ sessions, endpoint }) => {
      const share = sessions.size / 1_000;
      assert.ok(Math.abs(share - endpoint.weight / 10) < 0.05, `${share} of ${endpoint.weight}`);
    });
  });
}

test('counts sessions on their way as sessions (least-sessions)', () => {
  const [a, b] = upstreams(2);
  const picker = pickerOf([a, b], { balancer: 'least-sessions' });
  for (let n = 0; n < 10; n += 1) b.sessions.add(session());
  for (let n = 0; n < 20; n += 1) {
    const upstream = picker.pick();
    if (upstream) upstream.dials += 1;
  }
  assert.equal([a.load, b.load], [15, 15]);
});

test('has nobody to pick in an empty pool', () => {
  for (const balancer of ['round-robin', 'least-sessions', 'random-two'] as const) {
    const picker = pickerOf([], { balancer });
    assert.is(picker.pick(), undefined);
    assert.equal(picker.fallbacks(), []);
  }
});

test('gives those that start slowly less', () => {
  const bench = new PoolBench({ slowStartMs: 10_000 });
  bench.apply(
    ['a1.test:1', 'b1.test:1'].map((text) => endpointAt(text)),
    { slowStartMs: 10_000 },
  );
  bench.hosts.resolve('a1.test', ['10.0.0.1']);
  bench.hosts.resolve('b1.test', ['10.0.0.2']);
  const slow = 'a1.test:1 (10.0.0.1)';
  bench.refuse(slow);
  bench.pool.connected(bench.upstream(slow));
  const early = bench.picks(210).filter((key) => key === slow).length;
  assert.is(early, 10);
  bench.clock.advance(5_000);
  const halfway = bench.picks(300).filter((key) => key === slow).length;
  assert.ok(halfway >= 95 && halfway <= 105, `${halfway} of 300`);
  bench.clock.advance(6_000);
  assert.is(bench.picks(100).filter((key) => key === slow).length, 50);
  bench.pool.destroy();
});

interface Shape {
  readonly weights?: readonly number[];
  readonly priorities?: readonly number[];
  readonly maxSessions?: number;
  readonly port?: number;
}

type Four = readonly [Upstream, Upstream, Upstream, Upstream, ...Upstream[]];

/** Healthy ones, 10.0.0.1 and so on; the type only knows that tests take no more than they ask. */
function upstreams(
  count: number,
  { weights, priorities, maxSessions = 0, port = 2379 }: Shape = {},
): Four {
  const all = Array.from({ length: count }, (_, n) => {
    const changes = { weight: weights?.[n] ?? 1, priority: priorities?.[n] ?? 0, maxSessions };
    const host = `10.0.${(n + 1) >> 8}.${(n + 1) & 255}`;
    return new UpstreamGroup(endpointAt(`${host}:${port}`, changes), clock);
  }).flatMap(({ members }) => members);
  return all as unknown as Four;
}

interface Choice {
  readonly balancer?: Balancer;
  readonly previous?: Picker;
  readonly random?: Random;
}

/** Its first throw is next to nothing: a rotation begins at the first upstream. */
function seededFromZero(): Random {
  let seed = 1;
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

function pickerOf(
  members: readonly Upstream[],
  { balancer = 'round-robin', previous, random = seededFromZero() }: Choice = {},
): Picker {
  return createPicker({ upstreams: members, balancer, random, share: () => 1, previous });
}

function countPicks(picker: Picker, count: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let n = 0; n < count; n += 1) {
    const key = picker.pick()?.key ?? '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** The last figures of the hosts picked. */
function keys(picker: Picker, count: number): (string | undefined)[] {
  return Array.from({ length: count }, () => /(\d+):/.exec(picker.pick()?.key ?? '')?.[1]);
}

function eject(upstream: Upstream): void {
  const ejection = { cause: 'dial', reason: 'refused' } as const;
  upstream.setState({ kind: 'ejected', sinceMs: 0, retryAtMs: 100, ...ejection });
}

function session(): { quietSinceMs: number; close(): void } {
  return { quietSinceMs: 0, close: () => undefined };
}

test.run();
