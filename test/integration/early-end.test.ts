import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { endpointAt } from '../support/desired.js';
import { firstFirst, withLive, type Live } from '../support/live.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { hang, identity, reset, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('early ends and silent clients');

const close = (socket: Socket): void => void socket.end();

/** As etcd with TLS: closes on what is no ClientHello, and answers one. */
const tlsLike = (socket: Socket): void => {
  socket.once('data', (chunk) => (chunk[0] === 0x16 ? socket.write('\x15') : socket.end()));
};

/** As etcd without TLS. */
const httpLike = (socket: Socket): void => {
  socket.once('data', (chunk: Buffer) => {
    socket.end(chunk.toString().startsWith('GET ') ? 'HTTP/1.1 200 OK\r\n\r\n' : '');
  });
};

interface Stage {
  readonly live: Live;
  readonly upstreams: readonly Upstream[];
}

async function withStage(
  scope: Scope,
  behaviours: readonly Upstream['behaviour'][],
  settings = {},
): Promise<Stage> {
  const upstreams: Upstream[] = [];
  for (const behaviour of behaviours) upstreams.push(await withUpstream(scope, { behaviour }));
  const endpoints = upstreams.map(({ address }) => endpointAt(address));
  const all = { retryDelayMs: 200, ...settings };
  return {
    live: await withLive(scope, { endpoints, settings: all }, { random: firstFirst }),
    upstreams,
  };
}

function view(live: Live, upstream: Upstream | undefined) {
  const found = live.views()[0]?.upstreams.find((u) => u.endpoint === upstream?.address);
  if (!found) throw new Error('no such upstream');
  return found;
}

const ejected = (live: Live): number => live.happened('upstream-ejected');

/** So many clients, one after the other; how many have got no byte. */
async function unanswered({ live }: Stage, clients: number, says = ''): Promise<number> {
  let count = 0;
  for (let n = 0; n < clients; n += 1) {
    if ((await whoAnswers(live.port, '127.0.0.1', says)) === undefined) count += 1;
  }
  return count;
}

for (const [how, behaviour] of [
  ['closes', close],
  ['resets', reset],
  ['closes on the first bytes', (socket: Socket) => void socket.once('data', () => socket.end())],
] as const) {
  test(
    `an endpoint that accepts and ${how} is taken out, and an answer brings it back`,
    scoped(async (scope) => {
      const stage = await withStage(scope, [behaviour, identity('alive')]);
      const [bad] = stage.upstreams;
      if (!bad) throw new Error('no upstream');
      assert.ok((await unanswered(stage, 40, 'hello\n')) <= 4);
      await until(() => view(stage.live, bad).state === 'ejected', { what: 'the ejection' });
      assert.match(
        view(stage.live, bad).reason,
        /in a row before its first byte|does not answer|connection reset/,
      );
      bad.behaviour = identity('back');
      await until(() => view(stage.live, bad).state === 'healthy', { what: 'its return' });
    }),
  );
}

test(
  'the last endpoint still gets its clients, and an answer to one of them brings it back',
  scoped(async (scope) => {
    const stage = await withStage(scope, [close], { retryDelayMs: 60_000 });
    const [only] = stage.upstreams;
    if (!only) throw new Error('no upstream');
    await unanswered(stage, 10);
    await until(() => view(stage.live, only).state === 'ejected', { what: 'the ejection' });
    const before = only.sessions.length;
    await unanswered(stage, 5);
    assert.ok(only.sessions.length >= before + 5);
    only.behaviour = identity('alive');
    assert.is(await whoAnswers(stage.live.port), 'alive');
    assert.is(view(stage.live, only).state, 'healthy');
  }),
);

for (const [what, behaviour] of [
  ['plain', httpLike],
  ['TLS', tlsLike],
] as const) {
  test(
    `rubbish of clients on which a ${what} endpoint closes takes nobody out`,
    scoped(async (scope) => {
      const stage = await withStage(scope, [behaviour, behaviour]);
      await unanswered(stage, 60, 'rubbish\n');
      await sleep(100);
      assert.is(ejected(stage.live), 0);
    }),
  );
}

test(
  'ends after an answer, and those of clients that left first, never count',
  scoped(async (scope) => {
    const stage = await withStage(scope, [(socket) => void socket.end('bye\n')]);
    assert.is(await unanswered(stage, 20), 0);
    assert.is(ejected(stage.live), 0);
    const [only] = stage.upstreams;
    if (!only) throw new Error('no upstream');
    only.behaviour = (socket) => {
      socket.resume();
      socket.on('end', () => socket.end());
    };
    const asked = only.sessions.length;
    for (let n = 0; n < 10; n += 1) {
      const client = await withClient(scope, stage.live.port);
      client.resume().end();
      await once(client, 'end');
    }
    assert.is(only.sessions.length, asked + 10); // nobody else has asked
    assert.is(ejected(stage.live), 0);
  }),
);

test(
  'sixty clients that send a byte and fall silent take nobody out, and make nobody suspected for long',
  scoped(async (scope) => {
    const stage = await withStage(scope, [httpLike, httpLike, httpLike], {
      firstByteTimeoutMs: 1_500,
    });
    const { live, upstreams } = stage;
    for (const upstream of upstreams) {
      upstream.behaviour = (socket) => {
        socket.once('data', (chunk: Buffer) => {
          if (chunk.length > 1) socket.end('HTTP/1.1 200 OK\r\n\r\n');
        });
      };
    }
    for (let n = 0; n < 60; n += 1) (await withClient(scope, live.port)).write('x');
    await live.sessionClosed(60);
    assert.ok(live.closed.every(({ end }) => end === 'first-byte-timeout'));
    assert.is(ejected(live), 0);
    assert.not(upstreams.some((upstream) => view(live, upstream).suspected));
  }),
);

test(
  'of endpoints beside them, the one that hangs is taken out all the same',
  scoped(async (scope) => {
    const { live, upstreams } = await withStage(scope, [hang, httpLike], {
      firstByteTimeoutMs: 400,
    });
    for (let n = 0; n < 4; n += 1) (await withClient(scope, live.port)).write('GET ');
    await until(() => view(live, upstreams[0]).state === 'ejected', { what: 'the ejection' });
    assert.is(view(live, upstreams[1]).state, 'healthy');
  }),
);

test.run();
