import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Entry, EtcdClient, WatchEvent } from '../../nemesis/client.js';
import { LeaseHolder } from '../../nemesis/leases.js';
import { unorderable } from '../../nemesis/registers.js';
import { RevisionLog } from '../../nemesis/watchers.js';
import { keyOf, missingWrites, valueOf } from '../../nemesis/writers.js';
import { until } from '../../support/until.js';

const test = suite('judges of what clients saw');

function put(revision: number, key = `key${revision}`): WatchEvent {
  return { type: 'put', key, value: 'v', revision };
}

function logOf(...answers: readonly (readonly number[])[]): RevisionLog {
  const log = new RevisionLog();
  for (const revisions of answers) log.take(revisions.map((revision) => put(revision)));
  return log;
}

test('a watcher that saw every revision once and in order is right', () => {
  const log = logOf([2, 3], [4], [5, 5, 6]);
  assert.equal(log.problems, []);
  assert.is(log.last, 6);
});

const wrongWatches = [
  ['a revision is left out', [[2], [4]], ['revision 4 after 2: a gap']],
  ['the first one is left out', [[3]], ['revision 3 after 1: a gap']],
  ['an answer comes twice', [[2, 3], [3]], ['revision 3 after 3: once more, or out of order']],
  ['an older one follows', [[2, 3, 2]], ['revision 2 after 3: once more, or out of order']],
] as const;

for (const [what, answers, problems] of wrongWatches) {
  test(`a watcher is wrong where ${what}`, () => {
    assert.equal(logOf(...answers).problems, problems);
  });
}

test('watchers that saw different events differ, those that saw the same do not', () => {
  const [one, same, other] = [logOf([2]), logOf([2]), new RevisionLog()];
  other.take([put(2, 'elsewhere')]);
  const digest = one.digest();
  assert.is(same.digest(), digest);
  assert.is.not(other.digest(), digest);
});

function entry(sequence: number, changes: Partial<Entry> = {}): Entry {
  const key = keyOf('w', sequence);
  return { key, value: valueOf(key), createRevision: 10, revision: 10, ...changes };
}

test('no write is missed where each stands as it was acknowledged', () => {
  const writers = [{ name: 'w', acknowledged: [10, 12] }];
  const entries = [entry(0), entry(1, { createRevision: 11, revision: 13 })];
  assert.equal(missingWrites(writers, entries), []);
});

test('a write that is lost, changed, moved or invented is named', () => {
  const writers = [{ name: 'w', acknowledged: [10, 10, 11] }];
  const entries = [entry(1, { value: 'other' }), entry(2), entry(3)];
  assert.equal(missingWrites(writers, entries), [
    'writes/w/00000000, acknowledged at revision 10, is lost',
    'writes/w/00000001 holds another value than was written',
    'writes/w/00000002 was acknowledged at revision 11, and etcd has it at 10 to 10',
    'writes/w/00000003 was never acknowledged whole',
  ]);
});

test('a key has its own value, some of them long', () => {
  const lengths = Array.from({ length: 1_000 }, (_, index) => valueOf(keyOf('w', index)).length);
  assert.equal(
    [...new Set(lengths)].sort((a, b) => a - b),
    [64, 16_384],
  );
  assert.is.not(valueOf('a'), valueOf('b'));
});

test('a register that is not linearizable is named with where it stuck', () => {
  const [call, result] = [{ kind: 'read' } as const, { kind: 'read', value: 'x' } as const];
  const history = [{ client: 'r', call, calledMs: 0, result, returnedMs: 1 }];
  const [problem = ''] = unorderable(new Map([['registers/a', history]]));
  assert.match(problem, 'registers/a is not linearizable');
  assert.match(problem, '"value":"x"');
});

/** Answers for leases; everything else is not asked for. */
function leaseClient(ttl: () => number): EtcdClient {
  const never = (): never => {
    throw new Error('not asked for');
  };
  return {
    ...{ get: never, cas: never, page: never, watch: never, close: () => undefined },
    put: () => Promise.resolve(2),
    grant: () => Promise.resolve('1'),
    keepAlive: () => Promise.resolve(ttl()),
    revoke: () => Promise.resolve(),
  };
}

async function holding(
  ttl: () => number,
  then: (holder: LeaseHolder) => Promise<void> | void,
): Promise<LeaseHolder> {
  const holder = new LeaseHolder('h', leaseClient(ttl));
  const stop = new AbortController();
  const running = holder.run(stop.signal);
  await until(() => holder.renewals > 0 || holder.problems.length > 0, { what: 'a renewal' });
  await then(holder);
  stop.abort();
  await running;
  return holder;
}

const gone: WatchEvent = { type: 'delete', key: 'leases/h/1', value: '', revision: 7 };

test('a lease whose key goes while it is renewed has expired wrongly', async () => {
  const { problems } = await holding(
    () => 20,
    (holder) => holder.observe(gone),
  );
  assert.is(problems.length, 1);
  assert.match(problems[0] ?? '', /^leases\/h\/1 \d+ ms too early: its key went at revision 7$/);
});

test('a lease that is refused while it is valid has expired wrongly', async () => {
  const { problems } = await holding(
    () => 0,
    () => undefined,
  );
  assert.match(problems[0] ?? '', /too early: a renewal was refused$/);
});

test('a lease that was not renewed in time may go', async () => {
  const holder = await holding(
    () => 0.001,
    async (each) => {
      await until(() => each.renewals > 0, { what: 'a renewal' });
      const longAgo = performance.now() + 5;
      await until(() => performance.now() > longAgo, { what: 'the end of a TTL of 1 ms' });
      each.observe(gone);
    },
  );
  assert.equal(holder.problems, []);
  assert.is(holder.lapsed, 1);
});

test('a lease that its holder revokes has not expired', async () => {
  const holder = await holding(
    () => 20,
    () => undefined,
  );
  holder.observe(gone);
  assert.equal(holder.problems, []);
});

test.run();
