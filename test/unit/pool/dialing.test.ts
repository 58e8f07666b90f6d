import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatAddress, type Address } from '../../../src/model/address.js';
import type { GatewaySettings } from '../../../src/model/config.js';
import type { Side, SideDialer } from '../../../src/model/side.js';
import { Dialing, type Dialer } from '../../../src/pool/dialing.js';
import type { Upstream } from '../../../src/pool/upstream.js';
import { endpointAt } from '../../support/desired.js';
import { IdleSide } from '../../support/idle-side.js';
import { PoolBench } from '../../support/pool-bench.js';
import { settle } from '../../support/stepping-clock.js';

const test = suite('dialing');

const a = '10.0.0.1:2379';
const b = '10.0.0.2:2379';
const c = '10.0.0.3:2379';

/** A pool whose dials end when the test says so. */
class Bench extends PoolBench {
  readonly dials: Dial[] = [];
  readonly clients: Client[] = [];
  /** Addresses that count as this process's own. */
  readonly own = new Set<string>();
  readonly budget = { allowsDialBeside: true, dialsBeside: 0 };

  constructor(changes: Partial<GatewaySettings> = {}) {
    super(changes);
    this.apply([a, b, c], changes);
  }

  /** A client that wants an upstream. */
  dial(): Client {
    const client = new Client(this);
    this.clients.push(client);
    client.dialing.start();
    return client;
  }

  /** Addresses dialed so far, in order. */
  get dialed(): readonly string[] {
    return this.dials.map(({ address }) => address);
  }

  /** The latest dial of this address. */
  to(address: string): Dial {
    const dial = this.dials.findLast((one) => one.address === address);
    if (!dial) throw new Error(`nobody has dialed ${address}`);
    return dial;
  }

  /** Ends everything; nothing may be left over. */
  async close(): Promise<void> {
    for (const client of this.clients) client.dialing.cancel();
    this.pool.destroy();
    await settle();
    assert.equal(this.clock.delaysMs, []);
    assert.is(this.budget.dialsBeside, 0);
    for (const upstream of this.pool.upstreams()) {
      assert.is(upstream.dials, 0, `${upstream.key} is still dialed`);
      assert.is(upstream.probe, undefined);
      assert.is(upstream.isWatched, false);
    }
    const won = new Set(this.clients.map(({ side }) => side));
    assert.ok(this.dials.every(({ side }) => won.has(side) || side.isDestroyed));
  }
}

class Dial {
  readonly side = new IdleSide();

  constructor(
    readonly address: string,
    readonly dialer: SideDialer,
  ) {}

  connect(): void {
    this.dialer.connected(this.side);
  }

  async fail(code = 'ECONNREFUSED'): Promise<void> {
    this.side.destroy();
    this.dialer.failed(this.side, Object.assign(new Error(code), { code }));
    await settle();
  }
}

class Client implements Dialer {
  readonly dialing: Dialing;
  upstream: Upstream | undefined;
  side: Side | undefined;
  refusal: 'tried' | 'nothing to try' | undefined;
  calls = 0;
  readonly #bench: Bench;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.dialing = new Dialing(bench.pool, this, {
      gateway: 'main',
      clock: bench.clock,
      observer: (event) => bench.events.push(event),
      isSelf: (address) => bench.own.has(formatAddress(address)),
      budget: bench.budget,
    });
  }

  connect(address: Address, dialer: SideDialer): Side {
    const dial = new Dial(formatAddress(address), dialer);
    this.#bench.dials.push(dial);
    return dial.side;
  }

  dialed(upstream: Upstream, side: Side): void {
    this.calls += 1;
    this.upstream = upstream;
    this.side = side;
  }

  dialFailed(tried: boolean): void {
    this.calls += 1;
    this.refusal = tried ? 'tried' : 'nothing to try';
  }
}

test('hands over the socket of the upstream whose turn it is', async () => {
  const bench = new Bench();
  const client = bench.dial();
  bench.to(a).connect();
  assert.is(client.upstream?.key, a);
  assert.is(client.side, bench.to(a).side);
  assert.is(bench.happened('dial-connected'), 1);
  await bench.close();
});

test('goes on to the next at once when one refuses, and takes that one out', async () => {
  const bench = new Bench();
  const client = bench.dial();
  await bench.to(a).fail();
  assert.equal(bench.dialed, [a, b]);
  assert.is(bench.state(a), 'ejected');
  bench.to(b).connect();
  assert.is(client.upstream?.key, b);
  assert.is(bench.upstream(a).counters.dialFailures, 1);
  await bench.close();
});

test('takes one out that accepts and resets at once, until it has answered: to connect is not enough', async () => {
  const bench = new Bench();
  bench.apply([a]);
  bench.dial();
  await bench.to(a).fail('ECONNRESET');
  const { state } = bench.upstream(a);
  assert.is(state.kind === 'ejected' && state.cause, 'early-end');
  bench.dial();
  bench.to(a).connect();
  assert.is(bench.state(a), 'ejected');
  bench.pool.answered(bench.upstream(a));
  assert.is(bench.state(a), 'healthy');
  await bench.close();
});

test('sends those that lose an upstream at once to the others in turn', async () => {
  const bench = new Bench();
  for (let client = 0; client < 12; client += 1) bench.dial();
  const lost = bench.dials.filter(({ address }) => address === a);
  for (const dial of lost) await dial.fail();
  assert.equal(bench.dialed.slice(12).sort(), [b, b, c, c]);
  await bench.close();
});

test('says that all have failed once all have, and only then', async () => {
  const bench = new Bench();
  const client = bench.dial();
  for (const key of [a, b, c]) {
    assert.is(client.refusal, undefined);
    await bench.to(key).fail();
  }
  assert.is(client.refusal, 'tried');
  assert.is(client.calls, 1);
  assert.is(bench.happened('pool-down'), 1);
  await bench.close();
});

test('says that there is nothing to try in an empty pool', async () => {
  const bench = new Bench();
  bench.apply([]);
  assert.is(bench.dial().refusal, 'nothing to try');
  await bench.close();
});

test('waits for the first members of a pool while they are expected', async () => {
  const bench = emptyBench();
  const [client, other] = [bench.dial(), bench.dial()];
  other.dialing.cancel();
  bench.apply([]);
  assert.is(client.calls, 0);
  bench.apply([a]);
  assert.is(bench.dials.length, 1, 'the one that left dials nobody');
  bench.to(a).connect();
  assert.is(client.upstream?.key, a);
  assert.not.ok(bench.pool.firstMembers.areExpected);
  await bench.close();
});

test('says that there is nothing to try once first members are overdue', async () => {
  const bench = emptyBench();
  const client = bench.dial();
  bench.clock.advance(999);
  assert.is(client.calls, 0);
  bench.clock.advance(1);
  assert.is(client.refusal, 'nothing to try');
  assert.is(bench.dial().refusal, 'nothing to try');
  await bench.close();
});

test('calls nobody who waits for first members when the pool ends', async () => {
  const bench = emptyBench();
  const client = bench.dial();
  bench.pool.destroy();
  assert.is(client.calls, 0);
  assert.equal(bench.clock.delaysMs, []);
  client.dialing.cancel();
  await bench.close();
});

test('dials the next beside one that is slow, and prefers others to that one', async () => {
  const bench = new Bench();
  const client = bench.dial();
  await bench.clock.run(249);
  assert.equal(bench.dialed, [a]);
  await bench.clock.run(1);
  assert.equal(bench.dialed, [a, b]);
  assert.is(bench.upstream(a).suspicion, 'slow to connect');
  await bench.clock.run(250);
  assert.equal(bench.dialed, [a, b, c]);
  bench.to(b).connect();
  assert.is(client.upstream?.key, b);
  assert.not.ok(bench.picks(3).includes(a));
  await bench.close();
});

test('dials none beside another when files are short, until there are some again', async () => {
  const bench = new Bench();
  bench.budget.allowsDialBeside = false;
  bench.dial();
  await bench.clock.run(1_000);
  assert.equal(bench.dialed, [a]);
  bench.budget.allowsDialBeside = true;
  await bench.clock.run(250);
  assert.equal(bench.dialed, [a, b]);
  await bench.close();
});

test('counts dials beside others while they are, and a session’s own no more', async () => {
  const bench = new Bench();
  bench.dial();
  await bench.clock.run(500);
  assert.equal(bench.dialed, [a, b, c]);
  assert.is(bench.budget.dialsBeside, 2);
  bench.to(b).connect();
  await settle();
  assert.ok(bench.budget.dialsBeside <= 1, 'the winner is the session’s own');
  await bench.clock.run(5_000);
  assert.is(bench.budget.dialsBeside, 0);
  await bench.close();
});

test('dials one after the other where dial-stagger is 0', async () => {
  const bench = new Bench({ dialStaggerMs: 0 });
  bench.dial();
  await bench.clock.run(1_999);
  assert.equal(bench.dialed, [a]);
  await bench.clock.run(1);
  assert.equal(bench.dialed, [a, b]);
  assert.is(bench.upstream(a).view().reason, 'no answer to connect within 2000 ms');
  await bench.close();
});

test('counts a loser that fails later against its upstream', async () => {
  const bench = new Bench();
  bench.dial();
  await bench.clock.run(250);
  bench.to(b).connect();
  assert.is(bench.state(a), 'healthy');
  await bench.clock.run(1_750);
  assert.is(bench.state(a), 'ejected');
  assert.is(bench.upstream(a).counters.dialFailures, 1);
  await bench.close();
});

test('forgives a loser that connects later, and closes it', async () => {
  const bench = new Bench();
  const client = bench.dial();
  await bench.clock.run(250);
  bench.to(b).connect();
  bench.to(a).connect();
  assert.is(client.calls, 1);
  assert.ok(bench.to(a).side.isDestroyed);
  assert.is(bench.upstream(a).suspicion, undefined);
  await bench.close();
});

test('watches one loser an upstream, and closes the others', async () => {
  const bench = new Bench();
  for (const key of [b, c]) bench.refuse(key);
  for (const key of [b, c]) bench.works.set(key, { ok: true, reason: '' });
  bench.dial();
  bench.dial();
  const [one, other] = bench.dials;
  await bench.clock.run(300);
  for (const dial of bench.dials.slice(2)) dial.connect();
  assert.is(bench.upstream(a).dials, 1);
  assert.is(Number(one?.side.isDestroyed) + Number(other?.side.isDestroyed), 1);
  await bench.close();
});

test('closes all of them when the client leaves', async () => {
  const bench = new Bench();
  const client = bench.dial();
  await bench.clock.run(250);
  client.dialing.cancel();
  client.dialing.cancel();
  assert.ok(bench.dials.every(({ side }) => side.isDestroyed));
  await bench.clock.run(10_000);
  assert.is(client.calls, 0);
  assert.equal(bench.dialed, [a, b]);
  assert.equal(
    [a, b, c].map((key) => bench.state(key)),
    ['healthy', 'healthy', 'healthy'],
  );
  await bench.close();
});

test('lets the end of the pool end a watched loser', async () => {
  const bench = new Bench();
  bench.dial();
  await bench.clock.run(250);
  bench.to(b).connect();
  bench.pool.destroy();
  assert.ok(bench.to(a).side.isDestroyed);
  await bench.close();
});

for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EADDRINUSE']) {
  test(`blames no upstream for ${code}`, async () => {
    const bench = new Bench();
    const client = bench.dial();
    await bench.to(a).fail(code);
    assert.is(bench.state(a), 'healthy');
    assert.match(bench.upstream(a).lastError?.message ?? '', code);
    bench.to(b).connect();
    assert.is(client.upstream?.key, b);
    await bench.close();
  });
}

test('tries the ejected for each new client when all are', async () => {
  const bench = new Bench();
  for (const key of [a, b, c]) bench.refuse(key);
  const client = bench.dial();
  await bench.to(a).fail();
  bench.to(b).connect();
  assert.is(client.upstream?.key, b);
  assert.is(bench.state(b), 'healthy');
  await bench.close();
});

test('dials an ejected one once for all that wait for it', async () => {
  const bench = onlyOneEjected();
  const clients = [bench.dial(), bench.dial(), bench.dial()];
  assert.equal(bench.dialed, [a]);
  bench.to(a).connect();
  assert.is(bench.dials.length, 3); // these few at once: it has proven itself
  for (const dial of bench.dials.slice(1)) dial.connect();
  assert.ok(clients.every(({ upstream }) => upstream?.key === a));
  await bench.close();
});

test('tells all that wait for an ejected one when it fails again', async () => {
  const bench = onlyOneEjected();
  const clients = [bench.dial(), bench.dial(), bench.dial()];
  await bench.to(a).fail();
  assert.ok(clients.every(({ refusal, calls }) => refusal === 'tried' && calls === 1));
  assert.is(bench.upstream(a).counters.dialFailures, 1);
  await bench.close();
});

test('tries an ejected one again for those that came while a try was under way in vain', async () => {
  const bench = onlyOneEjected();
  const [first, beside] = [bench.dial(), bench.dial()];
  await bench.clock.run(100);
  const [later, last] = [bench.dial(), bench.dial()];
  await bench.to(a).fail('ETIMEDOUT');
  assert.equal([first.refusal, beside.refusal, later.refusal], ['tried', 'tried', undefined]);
  assert.is(bench.dials.length, 2, 'one dial for all who came later');
  bench.to(a).connect();
  bench.to(a).connect();
  assert.equal([later.upstream?.key, last.upstream?.key], [a, a]);
  await bench.close();
});

test('tries it once more only', async () => {
  const bench = onlyOneEjected();
  bench.dial();
  await bench.clock.run(100);
  const [later, last] = [bench.dial(), bench.dial()];
  await bench.to(a).fail('ETIMEDOUT');
  await bench.clock.run(100);
  await bench.to(a).fail('ETIMEDOUT');
  assert.equal([later.refusal, last.refusal], ['tried', 'tried']);
  await bench.close();
});

test('lets the next one try when the client that tried has left', async () => {
  const bench = onlyOneEjected();
  const [first, ...others] = [bench.dial(), bench.dial(), bench.dial()];
  first.dialing.cancel();
  assert.equal(bench.dialed, [a, a]);
  bench.to(a).connect();
  bench.to(a).connect();
  assert.equal(
    others.map(({ upstream }) => upstream?.key),
    [a, a],
  );
  await bench.close();
});

test('leaves a waiting client nothing to wait for when it leaves itself', async () => {
  const bench = onlyOneEjected();
  const [, waiting] = [bench.dial(), bench.dial()];
  waiting.dialing.cancel();
  bench.to(a).connect();
  assert.is(waiting.calls, 0);
  assert.is(bench.dials.length, 1);
  await bench.close();
});

test('dials a returned one 32 at a time for those that have waited, in their order', async () => {
  const bench = onlyOneEjected();
  const clients = Array.from({ length: 100 }, () => bench.dial());
  bench.to(a).connect();
  assert.is(bench.dials.length, 33);
  for (let n = 1; n < 100; n += 1) {
    assert.is(bench.dials.length, Math.min(100, 32 + n));
    bench.dials[n]?.connect();
    assert.is(clients[n]?.upstream?.key, a);
  }
  await bench.close();
});

test('calls the next in line when one of those that dial leaves', async () => {
  const bench = onlyOneEjected();
  const clients = Array.from({ length: 35 }, () => bench.dial());
  bench.to(a).connect();
  assert.is(bench.dials.length, 33);
  clients[34]?.dialing.cancel();
  clients[5]?.dialing.cancel();
  assert.is(bench.dials.length, 34);
  bench.to(a).connect();
  assert.is(clients[33]?.upstream?.key, a);
  await bench.close();
});

test('tells all in line when one of those that dial fails', async () => {
  const bench = onlyOneEjected();
  const clients = Array.from({ length: 40 }, () => bench.dial());
  bench.to(a).connect();
  await bench.dials[7]?.fail();
  assert.is(bench.state(a), 'ejected');
  assert.is(clients.filter(({ refusal }) => refusal === 'tried').length, 1 + 7);
  assert.is(bench.dials.length, 33);
  await bench.close();
});

test('has a line wait for the dial that tries an upstream which is out again', async () => {
  const bench = onlyOneEjected();
  const clients = Array.from({ length: 40 }, () => bench.dial());
  bench.to(a).connect();
  bench.refuse(a);
  const trying = bench.dial();
  assert.is(bench.dials.length, 34);
  clients[1]?.dialing.cancel(); // calls the next, who waits again, and with him all others
  clients[2]?.dialing.cancel();
  assert.is(bench.dials.length, 34);
  bench.to(a).connect();
  for (const dial of bench.dials.slice(3)) dial.connect();
  for (const dial of bench.dials.slice(34)) dial.connect();
  const served = [trying, ...clients.slice(3)].filter(({ upstream }) => upstream?.key === a);
  assert.is(served.length, 38);
  await bench.close();
});

test('does not suspect an upstream because a session stands in line for it', async () => {
  const bench = onlyOneEjected();
  for (let n = 0; n < 33; n += 1) bench.dial();
  await bench.clock.run(100);
  bench.dial();
  await bench.clock.run(200);
  bench.to(a).connect();
  await bench.clock.run(60); // the last one's stagger is over, he has not dialed yet
  assert.is(bench.dials.length, 33);
  assert.is(bench.upstream(a).suspicion, undefined);
  await bench.close();
});

test('leaves the try of an ejected one to a session that dials it already', async () => {
  const bench = onlyOneEjected();
  bench.dial();
  await bench.clock.run(1_000);
  assert.equal(bench.retried, []);
  assert.is(bench.dials.length, 1);
  await bench.to(a).fail();
  await bench.clock.run(100);
  assert.is(bench.retried.length, 1);
  await bench.close();
});

test('gives its own try of an ejected one up for a session’s dial', async () => {
  const bench = onlyOneEjected();
  bench.holdsRetries = true;
  await bench.clock.run(100);
  assert.is(bench.retried.length, 1);
  assert.is(bench.upstream(a).retrying?.signal.aborted, false);
  bench.dial();
  await bench.clock.run(0);
  assert.is(bench.upstream(a).retrying, undefined);
  await bench.to(a).fail();
  await bench.clock.run(100);
  assert.is(bench.retried.length, 2, 'it tries again soon');
  assert.is(bench.upstream(a).history.failures, 1, 'a try that was given up is no failure');
  bench.dial();
  await bench.to(a).fail();
  bench.holdsRetries = false;
  bench.works.set(a, { ok: true, reason: '' });
  await bench.clock.run(100);
  assert.is(bench.state(a), 'healthy');
  await bench.close();
});

test('goes on to what has come meanwhile when all that it knew have failed', async () => {
  const bench = new Bench();
  bench.apply([a, b]);
  const client = bench.dial();
  await bench.to(a).fail();
  bench.apply([c]);
  await bench.to(b).fail();
  bench.to(c).connect();
  assert.is(client.upstream?.key, c);
  await bench.close();
});

test('dials nobody who has left', async () => {
  const bench = new Bench();
  const client = bench.dial();
  bench.apply([a, c]);
  await bench.to(a).fail();
  assert.equal(bench.dialed, [a, c]);
  bench.to(c).connect();
  assert.is(client.upstream?.key, c);
  await bench.close();
});

test('uses a dial that was under way when its endpoint left: its client came before', async () => {
  const bench = new Bench();
  const client = bench.dial();
  const removed = bench.upstream(a);
  bench.apply([b, c]);
  assert.is(removed.state.kind, 'draining');
  bench.to(a).connect();
  assert.is(client.upstream, removed);
  await bench.close();
});

test('lets go of an endpoint that left while it was dialed in vain', async () => {
  const bench = new Bench();
  bench.dial();
  const removed = bench.upstream(a);
  bench.apply([b, c]);
  await bench.to(a).fail();
  assert.is(removed.state.kind, 'closed');
  await bench.close();
});

test('sends those that wait for an ejected one elsewhere when it leaves', async () => {
  const bench = onlyOneEjected();
  const [first, waiting] = [bench.dial(), bench.dial()];
  bench.apply([b]);
  first.dialing.cancel();
  bench.to(b).connect();
  assert.is(waiting.upstream?.key, b);
  await bench.close();
});

test('sends no more clients than an endpoint may have, however fast they come', async () => {
  const bench = new Bench();
  bench.apply([endpointAt(a, { maxSessions: 2 }), endpointAt(b, { maxSessions: 1 })]);
  const clients = Array.from({ length: 5 }, () => bench.dial());
  assert.equal([...bench.dialed].sort(), [a, a, b]);
  assert.is(clients.filter(({ refusal }) => refusal === 'nothing to try').length, 2);
  await bench.close();
});

test('dials the addresses of a name, the next when one fails or is slow', async () => {
  const bench = new Bench();
  bench.hosts.resolve('infra.test', ['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  bench.apply(['infra.test:2379']);
  const client = bench.dial();
  await bench.to('10.1.0.1:2379').fail();
  await bench.clock.run(250);
  assert.equal([...bench.dialed].sort(), ['10.1.0.1:2379', '10.1.0.2:2379', '10.1.0.3:2379']);
  assert.is(bench.state('infra.test:2379 (10.1.0.1)'), 'ejected');
  assert.is(bench.state('infra.test:2379 (10.1.0.2)'), 'healthy');
  bench.to('10.1.0.3:2379').connect();
  assert.is(client.upstream?.key, 'infra.test:2379 (10.1.0.3)');
  await bench.close();
});

test('spreads those who waited for a name over all its addresses', async () => {
  const bench = new Bench();
  bench.apply(['infra.test:2379']);
  for (let n = 0; n < 6; n += 1) bench.dial();
  bench.hosts.resolve('infra.test', ['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  const hosts = bench.dialed.map((text) => text.replace(':2379', '')).sort();
  assert.equal(
    hosts,
    ['1', '1', '2', '2', '3', '3'].map((last) => `10.1.0.${last}`),
  );
  assert.is(bench.pool.upstreams().length, 3);
  await bench.close();
});

test('waits for a name that is being looked up, and dials another beside it', async () => {
  const bench = new Bench();
  bench.apply(['infra.test:2379']);
  const client = bench.dial();
  assert.equal(bench.dialed, []);
  bench.hosts.resolve('infra.test', ['10.1.0.1']);
  bench.to('10.1.0.1:2379').connect();
  assert.is(client.upstream?.key, 'infra.test:2379 (10.1.0.1)');
  await bench.close();
});

test('gives up on a name that gets no address in a connect’s time', async () => {
  const bench = new Bench();
  bench.apply(['infra.test:2379']);
  const client = bench.dial();
  await bench.clock.run(2_000);
  assert.is(client.refusal, 'tried');
  assert.match(bench.upstream('infra.test:2379').view().reason, 'does not resolve');
  await bench.close();
});

test('goes through thousands of names that nobody knows, a few in a turn', async () => {
  const bench = new Bench();
  const names = Array.from({ length: 3_000 }, (_, at) => `infra${at}.example.com`);
  for (const name of names) bench.hosts.resolve(name, []);
  bench.apply(names.map((name) => `${name}:2379`));
  await bench.clock.run(0); // until all names are followed
  const client = bench.dial();
  assert.ok(bench.happened('upstream-ejected') < 20, 'the first turn is short');
  assert.is(client.refusal, undefined);
  await bench.clock.run(0);
  assert.is(bench.happened('upstream-ejected'), names.length);
  assert.is(client.refusal, 'tried');
  await bench.close();
});

test('does not dial this process itself', async () => {
  const bench = new Bench();
  bench.own.add(a);
  const client = bench.dial();
  assert.equal(bench.dialed, [b]);
  assert.match(bench.upstream(a).view().reason, 'loop');
  bench.to(b).connect();
  assert.is(client.upstream?.key, b);
  await bench.close();
});

/** Its first members are expected within a second. */
function emptyBench(): Bench {
  const bench = new Bench();
  bench.apply([]);
  bench.pool.firstMembers.expect(1_000);
  return bench;
}

function onlyOneEjected(): Bench {
  const bench = new Bench();
  bench.apply([a]);
  bench.refuse(a);
  return bench;
}

test.run();
