import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { GatewayEvent } from '../../src/model/events.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { withMemberSource, type WatchedSource } from '../support/member-source.js';
import { scoped } from '../support/scope.js';
import { settle, SteppingClock } from '../support/stepping-clock.js';
import { until } from '../support/until.js';

const test = suite('member source');

function ofType<T extends GatewayEvent['type']>(
  { events }: WatchedSource,
  type: T,
): Extract<GatewayEvent, { type: T }>[] {
  return events.filter((event): event is Extract<GatewayEvent, { type: T }> => event.type === type);
}

function member(id: number, url: string): object {
  return { ID: String(id), name: `infra${id}`, clientURLs: [url] };
}

test(
  'answers with the members, and triggers only when they differ',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    await watched.source.settled();
    assert.equal(watched.endpoints(), [etcd.address]);
    const asked = etcd.requests.length;
    await until(() => etcd.requests.length > asked + 4, { what: 'two more looks' });
    assert.is(watched.triggers(), 1);
    etcd.members = [...etcd.members, member(2, 'http://127.0.0.2:2379')];
    await until(() => watched.triggers() === 2, { what: 'the trigger' });
    assert.equal(watched.endpoints(), [etcd.address, '127.0.0.2:2379']);
    assert.is(ofType(watched, 'source-answered').length, 2);
    assert.equal(watched.source.status().error, undefined);
  }),
);

test(
  'reads through the quorum before each listing',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const watched = withMemberSource(scope, { seeds: [etcd.address], intervalMs: 60_000 });
    await watched.source.settled();
    assert.equal(
      etcd.requests.map((request) => request.split(' ')[0]),
      ['/v3/kv/range', '/v3/cluster/member/list'],
    );
    etcd.instead = (request, response) => unavailable(request.url === '/v3/kv/range', response);
    watched.source.refresh();
    await until(() => watched.source.status().error, { what: 'the failure' });
    assert.match(
      watched.source.status().error ?? '',
      'refuses to read through the quorum: no leader',
    );
    assert.equal(watched.endpoints(), [etcd.address]);
  }),
);

function unavailable(applies: boolean, response: ServerResponse): boolean {
  if (applies) response.writeHead(503).end('{"message":"no leader","code":14}');
  return applies;
}

test(
  'asks etcd 3.3 under its older path',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    etcd.prefixes = ['/v3beta'];
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    await watched.source.settled();
    assert.equal(watched.endpoints(), [etcd.address]);
  }),
);

test(
  'says what to switch on where etcd runs without its gRPC gateway',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    etcd.prefixes = [];
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    await watched.source.settled();
    assert.match(watched.source.status().error ?? '', '--enable-grpc-gateway');
  }),
);

test(
  'keeps the last good answer through failures, and says each failure once',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    await watched.source.settled();
    etcd.instead = (_request, response) => unavailable(true, response);
    const asked = etcd.requests.length;
    await until(() => etcd.requests.length > asked + 4, { what: 'several failures' });
    assert.equal(watched.endpoints(), [etcd.address]);
    assert.equal(
      ofType(watched, 'source-failed').map(({ kept }) => kept),
      [1],
    );
    etcd.instead = () => false;
    await until(() => ofType(watched, 'source-answered').length === 2, { what: 'the recovery' });
    assert.is(watched.triggers(), 1);
  }),
);

test(
  'refuses the answer of another cluster and names both, whoever else answers',
  scoped(async (scope) => {
    const [ours, foreign] = [await withFakeEtcd(scope), await withFakeEtcd(scope)];
    foreign.clusterId = '255';
    const watched = withMemberSource(scope, { seeds: [ours.address] });
    await watched.source.settled();
    watched.seeds = [foreign.address];
    ours.instead = (_request, response) => unavailable(true, response);
    await until(() => ofType(watched, 'target-refused').length > 0, { what: 'the refusal' });
    const [refusal] = ofType(watched, 'target-refused');
    assert.is(refusal?.target, foreign.address);
    assert.match(refusal?.reason ?? '', 'belongs to cluster ff, this gateway serves b');
    assert.equal(watched.endpoints(), [ours.address]);
    const asked = foreign.requests.length;
    await until(() => foreign.requests.length > asked + 4, { what: 'more looks' });
    assert.is(ofType(watched, 'target-refused').length, 1);
  }),
);

test(
  'asks members before seeds, so that dead seeds do not matter later',
  scoped(async (scope) => {
    const [seed, other] = [await withFakeEtcd(scope), await withFakeEtcd(scope)];
    seed.members = [member(1, `http://${other.address}`)];
    const watched = withMemberSource(scope, { seeds: [seed.address] });
    await until(() => other.requests.length >= 4, { what: 'looks at the member' });
    assert.is(seed.requests.length, 2);
    assert.equal(watched.endpoints(), [other.address]);
  }),
);

test(
  'goes on to the next when one is dead or silent',
  scoped(async (scope) => {
    const [silent, alive] = [await withFakeEtcd(scope), await withFakeEtcd(scope)];
    silent.instead = () => true;
    const clock = new SteppingClock();
    const seeds = ['127.0.0.1:1', silent.address, alive.address];
    const watched = withMemberSource(scope, { seeds, clock, intervalMs: 30_000 });
    let waited = false; // once: whoever is asked after the silent one has all the time it needs
    await until(
      async () => {
        if (!waited && silent.requests.length > 0) {
          waited = true;
          await clock.run(5000);
        }
        return watched.endpoints().length > 0;
      },
      { what: 'the answer' },
    );
    assert.equal(watched.endpoints(), [alive.address]);
  }),
);

test(
  'waits longer after each failure, never longer than its interval',
  scoped(async (scope) => {
    const clock = new SteppingClock();
    const watched = withMemberSource(scope, { seeds: [], clock, intervalMs: 5000 });
    const delays: number[] = [];
    for (let round = 0; round < 6; round++) {
      await clock.run(0);
      const [delayMs = 0] = clock.delaysMs;
      delays.push(delayMs);
      await clock.run(delayMs);
      await settle();
    }
    for (const [index, longestMs] of [1000, 2000, 4000, 5000, 5000, 5000].entries()) {
      const delayMs = delays[index] ?? 0;
      assert.ok(delayMs >= longestMs / 2 && delayMs <= longestMs, delays.join());
    }
    assert.is(ofType(watched, 'source-failed')[0]?.reason, 'there is no seed to ask');
  }),
);

test(
  'resolves names of seeds and waits for them',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const watched = withMemberSource(scope, { seeds: [`localhost:${etcd.port}`] });
    await watched.source.settled();
    assert.equal(watched.endpoints(), [etcd.address]);
  }),
);

test(
  'authenticates, keeps its token, and takes a new one when that has expired',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    etcd.token = 'first';
    const passwordFile = join(await scope.tempDir(), 'password');
    await writeFile(passwordFile, 'wrong\n');
    const watched = withMemberSource(scope, {
      ...{ seeds: [etcd.address], username: 'root', passwordFile },
    });
    await watched.source.settled();
    assert.match(watched.source.status().error ?? '', 'refuses to authenticate');
    await writeFile(passwordFile, 'secret\n');
    await until(() => watched.triggers() === 1, { what: 'the answer' });
    const logins = (): number => etcd.requests.filter((line) => line.includes('/auth/')).length;
    const before = logins();
    const asked = etcd.requests.length;
    await until(() => etcd.requests.length > asked + 4, { what: 'looks with one token' });
    assert.is(logins(), before);
    etcd.token = 'second';
    await until(() => logins() > before, { what: 'the new login' });
    await until(() => etcd.requests.some((line) => line.includes('list second')), {
      what: 'a listing with the new token',
    });
    assert.not.match(JSON.stringify(watched.events), /secret|wrong/);
  }),
);

const hostile: readonly [string, (response: ServerResponse) => void, RegExp][] = [
  ['no JSON', (response) => response.end('<html>'), /not a JSON object/],
  ['deep JSON', (response) => response.end('['.repeat(1_000_000)), /not a JSON object/],
  ['too much', (response) => response.end('x'.repeat(1_100_000)), /longer than 1048576 bytes/],
  [
    'half of it',
    (response) =>
      void response.writeHead(200, { 'Content-Length': 9 }).write('{', () => response.destroy()),
    /./,
  ],
  ['a redirect', (response) => response.writeHead(302, { Location: '/' }).end(), /HTTP 302/],
  [
    'an empty list',
    (response) => response.end('{"header":{"cluster_id":"1","member_id":"1"}}'),
    /has no members/,
  ],
];

for (const [what, answer, reason] of hostile) {
  test(
    `fails and keeps what it has when a member answers with ${what}`,
    scoped(async (scope) => {
      const etcd = await withFakeEtcd(scope);
      const watched = withMemberSource(scope, { seeds: [etcd.address] });
      await watched.source.settled();
      etcd.instead = (request, response) => {
        if (!request.url?.endsWith('/list')) return false;
        answer(response);
        return true;
      };
      await until(() => watched.source.status().error, { what: 'the failure' });
      assert.match(watched.source.status().error ?? '', reason);
      assert.equal(watched.endpoints(), [etcd.address]);
    }),
  );
}

test(
  'says each refused member once, until it was gone in between',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const good = etcd.members;
    etcd.members = [...good, member(2, 'https://127.0.0.1:2379')];
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    const looks = async (): Promise<void> => {
      const asked = etcd.requests.length;
      await until(() => etcd.requests.length > asked + 4, { what: 'more looks' });
    };
    await looks();
    assert.is(ofType(watched, 'target-refused').length, 1);
    etcd.members = good;
    await looks();
    etcd.members = [...good, member(2, 'https://127.0.0.1:2379')];
    await looks();
    assert.is(ofType(watched, 'target-refused').length, 2);
    assert.equal(watched.endpoints(), [etcd.address]);
  }),
);

test(
  'ends an attempt under way when it is closed',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    etcd.instead = () => true;
    const watched = withMemberSource(scope, { seeds: [etcd.address] });
    await until(() => etcd.requests.length > 0, { what: 'the attempt' });
    await watched.source.close();
    await watched.source.settled();
    assert.equal(watched.events, []);
  }),
);

test(
  'asks no address of the gateway itself',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const watched = withMemberSource(scope, { seeds: [etcd.address], isSelf: () => true });
    await watched.source.settled();
    assert.match(watched.source.status().error ?? '', /this is the gateway itself/);
    assert.equal(etcd.requests, []);
  }),
);

test.run();
