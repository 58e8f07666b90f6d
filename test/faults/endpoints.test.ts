import { connect } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { checksum, collect, patterned, readExactly, writeAll } from '../support/bytes.js';
import { whoAnswers, withClient } from '../support/client.js';
import { firstFirst, withLive } from '../support/live.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { withToxics, type Toxics } from '../support/toxics.js';
import { until } from '../support/until.js';
import { hang, identity, sayAndEnd, withUpstream } from '../support/upstream.js';

const test = suite('faults of endpoints');
const KiB = 1024;

const harmless: Readonly<Record<string, Toxics>> = {
  latency: { latencyMs: 20 },
  bandwidth: { bandwidth: 1_000 * KiB },
  'slow-close': { slowCloseMs: 200 },
  slicer: { slicer: 333 },
};
for (const [name, toxics] of Object.entries(harmless)) {
  test(
    `${name} costs time and no byte`,
    scoped(async (scope) => {
      const bytes = patterned(300 * KiB);
      const upstream = await withUpstream(scope, { behaviour: sayAndEnd(bytes) });
      const address = await withToxics(scope, upstream.port, toxics);
      const live = await withLive(scope, { endpoints: [address] });
      const client = await withClient(scope, live.port);
      const received = collect(client);
      await writeAll(client, patterned(100 * KiB, 1));
      assert.is(checksum(await received), checksum(bytes));
      client.end();
      const { end, bytesReceived, bytesSent } = await live.sessionClosed();
      assert.equal([end, bytesReceived, bytesSent], ['done', 300 * KiB, 100 * KiB]);
    }),
  );
}

test(
  'limit-data ends the session in order, after exactly these bytes',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: sayAndEnd(patterned(300 * KiB)) });
    const address = await withToxics(scope, upstream.port, { limitData: 100_001 });
    const live = await withLive(scope, { endpoints: [address] });
    const client = await withClient(scope, live.port);
    assert.is(checksum(await collect(client)), checksum(patterned(100_001)));
    client.end();
    assert.is((await live.sessionClosed()).end, 'done');
  }),
);

test(
  'reset-peer reaches the client as a reset, never as an end',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: sayAndEnd(patterned(300 * KiB)) });
    const address = await withToxics(scope, upstream.port, { resetPeerAfter: 100_001 });
    const live = await withLive(scope, { endpoints: [address] });
    const client = await withClient(scope, live.port);
    const error = await collect(client).catch((reason: unknown) => reason);
    assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    assert.is((await live.sessionClosed()).end, 'endpoint-reset');
  }),
);

test(
  'a client that resets is told from an endpoint that does',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const client = await withClient(scope, live.port);
    await readExactly(client, 4);
    client.resetAndDestroy();
    assert.is((await live.sessionClosed()).end, 'client-reset');
  }),
);

test(
  'refuse costs nobody anything',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('alive') });
    const refusing = `127.0.0.1:${await freePort()}`;
    const endpoints = [refusing, upstream.address];
    const live = await withLive(scope, { endpoints }, { random: firstFirst });
    for (let n = 0; n < 5; n += 1) assert.is(await whoAnswers(live.port), 'alive');
    assert.is(live.happened('upstream-ejected'), 1);
    assert.is(live.happened('client-refused'), 0);
  }),
);

test(
  'all refuse for a moment: clients are served as soon as one is back',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('back') });
    upstream.refuse();
    const live = await withLive(scope, { endpoints: [upstream.address] });
    assert.is(await whoAnswers(live.port), undefined);
    assert.is(live.happened('client-refused'), 1);
    await upstream.listen();
    assert.is(await whoAnswers(live.port), 'back');
    assert.is(live.happened('pool-up'), 1);
  }),
);

test(
  'a black hole costs the first client less than half a second, and the others nothing',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('alive') });
    const hole = await withBlackHole(scope);
    const settings = { connectTimeoutMs: 1_000 };
    const endpoints = [hole.address, upstream.address];
    const live = await withLive(scope, { endpoints, settings }, { random: firstFirst });
    const startedMs = performance.now();
    assert.is(await whoAnswers(live.port), 'alive');
    const firstMs = performance.now() - startedMs;
    assert.ok(firstMs > 200 && firstMs < 500, `${firstMs} ms`);
    const againMs = performance.now();
    for (let n = 0; n < 5; n += 1) assert.is(await whoAnswers(live.port), 'alive');
    assert.ok(performance.now() - againMs < 200);
    await until(() => live.happened('upstream-ejected') === 1, { what: 'the ejection' });
  }),
);

test(
  'a hung endpoint is found out by those that it got, who are sent elsewhere',
  scoped(async (scope) => {
    const hung = await withUpstream(scope, { behaviour: hang });
    const alive = await withUpstream(scope, { behaviour: (socket) => void socket.pipe(socket) });
    const settings = { firstByteTimeoutMs: 1_500 };
    const endpoints = [hung.address, alive.address];
    const live = await withLive(scope, { endpoints, settings }, { random: firstFirst });
    const client = await withClient(scope, live.port);
    const cut = collect(client).catch((error: unknown) => error);
    client.write('anybody?');
    const suspected = () =>
      live
        .gateway()
        .pool.upstreams()
        .map((one) => one.view())
        .some((one) => one.suspected);
    await until(suspected, { what: 'the suspicion' });
    for (let n = 0; n < 4; n += 1) await echoed(live.port);
    assert.is(((await cut) as NodeJS.ErrnoException).code, 'ECONNRESET');
    assert.is(live.closed.filter(({ end }) => end === 'first-byte-timeout').length, 1);
    assert.is(
      live
        .gateway()
        .pool.upstreams()
        .map((one) => one.view())[0]?.state,
      'ejected',
    );
    const [view] = live
      .gateway()
      .pool.upstreams()
      .map((one) => one.view());
    assert.is(view?.counters.sessionsOpened, 1, 'no other client got there');
  }),
);

test(
  'a timeout toxic counts as a hung endpoint, once it has been spoken to',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('mute') });
    const address = await withToxics(scope, upstream.port, { timeout: true });
    const settings = { firstByteTimeoutMs: 200 };
    const live = await withLive(scope, { endpoints: [address], settings });
    const silent = await withClient(scope, live.port);
    const speaking = await withClient(scope, live.port);
    speaking.write('x');
    assert.is((await live.sessionClosed()).end, 'first-byte-timeout');
    assert.is(live.closed.length, 1);
    assert.is(silent.destroyed, false);
  }),
);

async function echoed(port: number): Promise<void> {
  const client = connect(port, '127.0.0.1');
  client.write('ping');
  assert.is((await readExactly(client, 4)).toString(), 'ping');
  client.destroy();
}

test.run();
