import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { checksum, collect, patterned, readExactly, writeAll } from '../support/bytes.js';
import { howEnded, whoAnswers, withClient } from '../support/client.js';
import { endpointAt } from '../support/desired.js';
import { withLive } from '../support/live.js';
import { scoped } from '../support/scope.js';
import { withBlackHole } from '../support/black-hole.js';
import { until } from '../support/until.js';
import { answerAfterEnd, echo, hang, identity, withUpstream } from '../support/upstream.js';

const test = suite('sessions');

test(
  'what a client sends before it is connected arrives, also when it is much',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: echo });
    const { address: hole } = await withBlackHole(scope);
    const live = await withLive(scope, { endpoints: [hole, upstream.address] });
    const client = await withClient(scope, live.port);
    const bytes = patterned(1024 * 1024);
    const received = collect(client);
    await writeAll(client, bytes);
    client.end();
    assert.is(checksum(await received), checksum(bytes));
  }),
);

test(
  'a client that has said all before it is connected is answered',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: answerAfterEnd });
    const { address: hole } = await withBlackHole(scope);
    const live = await withLive(scope, { endpoints: [hole, upstream.address] });
    const client = await withClient(scope, live.port);
    client.end('12345');
    assert.is((await collect(client)).toString(), '5 bytes\n');
  }),
);

for (const first of ['client', 'endpoint'] as const) {
  test(
    `a reset of the ${first} after its end stays a reset`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: hang });
      const live = await withLive(scope, {
        ...{ endpoints: [upstream.address], settings: { firstByteTimeoutMs: 0 } },
      });
      const client = await withClient(scope, live.port);
      const endpoint = await until(() => upstream.sessions[0]?.socket, { what: 'the session' });
      const [by, other] = first === 'client' ? [client, endpoint] : [endpoint, client];
      other.resume();
      by.end('bye');
      await once(other, 'end');
      by.resetAndDestroy();
      const { end, bytesSent, bytesReceived } = await live.sessionClosed();
      assert.equal([end, bytesSent + bytesReceived], [`${first}-reset`, 3]);
      await until(async () => (await howEnded(other)) === 'reset', { what: 'the reset' });
    }),
  );
}

for (const leave of ['end', 'resetAndDestroy'] as const) {
  test(
    `a client that leaves while it waits (${leave}) is dialed for no longer`,
    scoped(async (scope) => {
      const { address: hole } = await withBlackHole(scope);
      const live = await withLive(scope, { endpoints: [hole] });
      const client = await withClient(scope, live.port);
      await until(() => live.views()[0]?.dialing === 1, { what: 'the dial' });
      client[leave]();
      await until(() => live.budget.open === 0, {
        what: 'the session to be over',
        timeoutMs: 1_000,
      });
      assert.is(live.views()[0]?.dialing, 0);
      assert.equal(live.closed, []);
    }),
  );
}

test(
  'a reset waits for nobody, not even for a client that does not read',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, {
      behaviour: (socket) => void socket.write(patterned(24 * 1024 * 1024)),
    });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    await withClient(scope, live.port);
    const session = await until(() => upstream.sessions[0], { what: 'the session' });
    await until(() => session.socket.bytesWritten > 0, { what: 'bytes' });
    live.gateway().closeSessions('drain-timeout');
    await until(() => session.closed, { what: 'the upstream to see it' });
    assert.is(session.error, 'ECONNRESET');
    const open = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap');
    await until(() => open().length === 0, { what: 'the gateway to let both sockets go' });
  }),
);

test(
  'idle sessions end in order, busy ones stay',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const settings = { idleTimeoutMs: 400 };
    const live = await withLive(scope, { endpoints: [upstream.address], settings });
    const [quiet, busy] = [await withClient(scope, live.port), await withClient(scope, live.port)];
    const ended = collect(quiet);
    const progress = { over: false };
    void ended.then(() => (progress.over = true));
    const startedMs = performance.now();
    while (!progress.over) {
      const answer = readExactly(busy, 1);
      busy.write('x');
      await answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.is((await ended).length, 0);
    assert.ok(performance.now() - startedMs >= 380);
    assert.equal(
      live.closed.map(({ end }) => end),
      ['idle'],
    );
  }),
);

test(
  'each limit refuses at once by a reset, and lets in again when there is room',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const settings = { maxSessions: 2 };
    const live = await withLive(scope, { endpoints: [upstream.address], settings });
    const clients = [await withClient(scope, live.port), await withClient(scope, live.port)];
    await Promise.all(clients.map((client) => readExactly(client, 4)));
    assert.is(await whoAnswers(live.port), undefined);
    const refused = live.events.find(({ type }) => type === 'client-refused');
    assert.ok(refused?.type === 'client-refused' && refused.reason === 'max-sessions');
    assert.is(refused.limit, 2);
    clients[0]?.destroy();
    await until(() => live.gateway().sessionCount === 1, { what: 'room' });
    assert.is(await whoAnswers(live.port), 'one');
  }),
);

test(
  'an endpoint that is full passes its clients on',
  scoped(async (scope) => {
    const small = await withUpstream(scope, { behaviour: identity('small') });
    const large = await withUpstream(scope, { behaviour: identity('large') });
    const endpoints = [endpointAt(small.address, { maxSessions: 2 }), large.address];
    const live = await withLive(scope, { endpoints });
    const clients = Array.from({ length: 20 }, () => connect(live.port, '127.0.0.1'));
    const names = await Promise.all(clients.map((client) => readExactly(client, 6)));
    for (const client of clients) client.destroy();
    assert.is(names.filter((name) => name.toString() === 'small\n').length, 2);
  }),
);

test(
  'those who may not come are reset before anything is dialed',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const settings = { deny: ['127.0.0.0/8'] };
    const live = await withLive(scope, { endpoints: [upstream.address], settings });
    assert.is(await whoAnswers(live.port), undefined);
    assert.is(upstream.sessions.length, 0);
    await live.apply({ endpoints: [upstream.address] });
    const admitted = await withClient(scope, live.port);
    admitted.write('x');
    await readExactly(admitted, 1);
  }),
);

test(
  'settings change under running sessions and leave them alone',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const endpoints = [upstream.address];
    const live = await withLive(scope, { endpoints });
    const client = await withClient(scope, live.port);
    const changes = [
      { retryDelayMs: 1 },
      { connectTimeoutMs: 1 },
      { dialStaggerMs: 0 },
      { firstByteTimeoutMs: 0 },
      { keepaliveMs: 0 },
      { idleTimeoutMs: 60_000 },
      { maxSessionAgeMs: 60_000 },
      { maxSessions: 1 },
      { drainTimeoutMs: 1 },
      { slowStartMs: 1_000 },
      { balancer: 'random-two' },
      { onEject: 'close' },
      { rebalance: { toleranceRatio: 0.2, quietForMs: 1_000, maxPerSecond: 1 } },
      { allow: ['10.0.0.0/8'] },
      { deny: ['127.0.0.0/8'] },
      { listenMode: 0o600 },
    ] as const;
    for (const settings of changes) {
      await live.apply({ endpoints, settings });
      client.write('x');
      await readExactly(client, 1);
    }
    assert.is(upstream.sessions.length, 1);
  }),
);

test(
  'sessions that come and go leave no memory behind',
  scoped(async (scope) => {
    const collectGarbage = exposeGc();
    const upstream = await withUpstream(scope);
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const come = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 20) {
        await Promise.all(Array.from({ length: 20 }, () => comeAndGo(live.port)));
      }
      await until(() => live.budget.open === 0, { what: 'all sessions to end' });
      live.events.length = 0;
      upstream.sessions.length = 0;
      collectGarbage();
    };
    await come(1_000);
    const before = process.memoryUsage().heapUsed;
    await come(3_000);
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 1024 * 1024, `${grown} bytes more after 3,000 sessions`);
  }),
);

async function comeAndGo(port: number): Promise<void> {
  const client = connect(port, '127.0.0.1');
  client.write('x');
  await readExactly(client, 1);
  client.destroy();
}

function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

test.run();
