import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Endpoint } from '../../../src/model/endpoint.js';
import type { Upstream } from '../../../src/pool/upstream.js';
import { endpointAt } from '../../support/desired.js';
import { PoolBench, type TestSession } from '../../support/pool-bench.js';

const test = suite('least sessions');
const settings = { balancer: 'least-sessions' } as const;

/** A pool of that many endpoints that counts what its picker should do. */
class Bench extends PoolBench {
  readonly sessions: TestSession[] = [];
  readonly #turns = new Map<Upstream, number>();
  #turn = 0;

  constructor(
    readonly endpoints: readonly Endpoint[],
    slowStartMs = 0,
  ) {
    super({ ...settings, slowStartMs });
    this.use(endpoints, slowStartMs);
  }

  use(endpoints: readonly Endpoint[], slowStartMs = 0): void {
    this.apply(endpoints, { ...settings, slowStartMs });
  }

  /** A session at the pick, as a client's. */
  session(): Upstream | undefined {
    const upstream = this.pool.picker.pick();
    if (upstream) this.sessions.push(this.open(upstream));
    return upstream;
  }

  end(at: number): void {
    const [session] = this.sessions.splice(at % Math.max(1, this.sessions.length), 1);
    session?.close('done');
  }

  /** Looks at all of them, as the documentation says it: what the pick has to be. */
  expected(): Upstream | undefined {
    let best: Upstream | undefined;
    for (const upstream of this.pool.picker.preferred()) {
      if (!upstream.isFull && (!best || this.#isBetter(upstream, best))) best = upstream;
    }
    if (best) this.#turns.set(best, ++this.#turn);
    return best;
  }

  #isBetter(one: Upstream, other: Upstream): boolean {
    const [use, otherUse] = [useOf(one), useOf(other)];
    const turnOf = (upstream: Upstream) => this.#turns.get(upstream) ?? 0;
    return use === otherUse ? turnOf(one) < turnOf(other) : use < otherUse;
  }
}

function useOf({ load, endpoint }: Upstream): number {
  return (load + 1) / Math.max(endpoint.weight, 0.01);
}

const endpoint = fc.record({
  weight: fc.constantFrom(0, 1, 1, 1, 2, 5),
  maxSessions: fc.constantFrom(0, 0, 1, 4),
  priority: fc.constantFrom(0, 0, 0, 1),
});
const steps = [
  'session',
  'session',
  'end',
  'end',
  'elsewhere',
  'dial',
  'dialed',
  'suspect',
  'unsuspect',
  'eject',
  'return',
  'reload',
] as const;
const step = fc.tuple(fc.constantFrom(...steps), fc.nat());

test('picks what a look at all of them finds, whatever opens, ends, fails and is reloaded', () => {
  fc.assert(
    fc.property(fc.array(endpoint, { minLength: 1, maxLength: 9 }), fc.array(step), (all, todo) => {
      const bench = new Bench(all.map((share, n) => endpointAt(`10.0.0.${n + 1}:2379`, share)));
      for (const [what, n] of todo) {
        take(bench, what, n);
        assert.is(bench.expected(), bench.pool.picker.pick());
      }
      bench.pool.destroy();
    }),
    { numRuns: 300 },
  );
});

function take(bench: Bench, what: (typeof steps)[number], n: number): void {
  const members = bench.pool.upstreams();
  const upstream = members[n % members.length];
  if (!upstream) return;
  const { pool } = bench;
  if (what === 'session') assert.is(bench.expected(), bench.session());
  if (what === 'end') bench.end(n);
  if (what === 'elsewhere') bench.sessions.push(bench.open(upstream)); // its pick had failed
  if (what === 'dial') upstream.dials += 1;
  if (what === 'dialed' && upstream.dials > 0) {
    upstream.dials -= 1;
    pool.left(upstream);
  }
  if (what === 'suspect') pool.suspect(upstream, 'slow to connect');
  if (what === 'unsuspect') pool.unsuspect(upstream, 'slow to connect');
  if (what === 'eject' && upstream.takesSessions) bench.refuse(upstream.key);
  if (what === 'return') pool.connected(upstream);
  if (what === 'reload') bench.use(bench.endpoints.filter((_, at) => (n >> at) % 2 === 0));
}

test('lets equals take turns, also when others come, go and are suspected', () => {
  const [a, b, c, d] = [1, 2, 3, 4].map((n) => endpointAt(`10.0.0.${n}:2379`));
  assert.ok(a && b && c && d);
  const bench = new Bench([a, b, c]);
  const hosts = (count: number): string => bench.picks(count).map(lastFigure).join('');
  assert.is(hosts(4), '1231');
  bench.use([a, b, c, d]);
  assert.is(hosts(4), '4231');
  const second = bench.upstream('10.0.0.2:2379');
  bench.pool.suspect(second, 'slow to answer');
  assert.is(hosts(2), '43');
  bench.pool.unsuspect(second, 'slow to answer');
  assert.is(hosts(4), '2143');
  bench.apply([a, b, c, d], { balancer: 'round-robin' });
  assert.is(hosts(4), '2341', 'goes on with the one picked longest ago');
  bench.pool.destroy();
});

test('fills up who has fewer sessions for its weight', () => {
  const light = endpointAt('10.0.0.1:2379', { weight: 1 });
  const heavy = endpointAt('10.0.0.2:2379', { weight: 3 });
  const bench = new Bench([light, heavy]);
  for (let n = 0; n < 40; n += 1) bench.session();
  const counts = () => bench.pool.upstreams().map(({ sessions }) => sessions.size);
  assert.equal(counts(), [10, 30]);
  for (const session of bench.upstream('10.0.0.2:2379').sessions) session.close('done');
  for (let n = 0; n < 30; n += 1) assert.is(bench.session()?.key, '10.0.0.2:2379');
  assert.equal(counts(), [10, 30]);
  bench.pool.destroy();
});

test('comes back to one that was full as soon as a session of it ends', () => {
  const small = endpointAt('10.0.0.1:2379', { maxSessions: 2 });
  const other = endpointAt('10.0.0.2:2379', { maxSessions: 3 });
  const bench = new Bench([small, other]);
  for (let n = 0; n < 5; n += 1) assert.ok(bench.session());
  assert.is(bench.session(), undefined);
  const [first] = bench.upstream('10.0.0.1:2379').sessions;
  first?.close('done');
  assert.is(bench.session()?.key, '10.0.0.1:2379');
  assert.is(bench.session(), undefined);
  bench.use([endpointAt('10.0.0.1:2379', { maxSessions: 3 }), other]);
  assert.is(bench.session()?.key, '10.0.0.1:2379', 'its limit has been raised');
  bench.pool.destroy();
});

test('gives one that starts slowly as many sessions as its share allows', () => {
  const all = [1, 2].map((n) => endpointAt(`10.0.0.${n}:2379`));
  const bench = new Bench(all, 10_000);
  bench.refuse('10.0.0.1:2379');
  bench.pool.connected(bench.upstream('10.0.0.1:2379'));
  const returned = bench.upstream('10.0.0.1:2379');
  const open = (count: number) => {
    for (let n = 0; n < count; n += 1) bench.session();
    return returned.sessions.size;
  };
  assert.is(open(42), 2); // a twentieth of the other's share
  bench.clock.advance(5_000);
  assert.is(open(48), 30); // half of it
  bench.clock.advance(6_000);
  assert.is(open(110), 100);
  bench.pool.destroy();
});

test('takes a moment for thousands of sessions among thousands of upstreams', () => {
  const all = Array.from({ length: 5_000 }, (_, n) => endpointAt(`10.0.${n >> 8}.${n & 255}:2379`));
  const bench = new Bench(all);
  const startedMs = performance.now();
  for (let n = 0; n < 20_000; n += 1) bench.session();
  for (let n = 0; n < 20_000; n += 1) bench.sessions.pop()?.close('done');
  assert.ok(performance.now() - startedMs < 2_000); // a look at each for each takes ten times that
  assert.ok(bench.pool.upstreams().every(({ load }) => load === 0));
  bench.pool.destroy();
});

function lastFigure(key: string | undefined): string {
  return /(\d+):/.exec(key ?? '')?.[1] ?? '';
}

test.run();
