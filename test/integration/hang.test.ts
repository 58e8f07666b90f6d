import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { endpointAt } from '../support/desired.js';
import { hold, open } from '../support/held.js';
import { firstFirst, withLive, type Live } from '../support/live.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { echo, hang, identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('first-byte-timeout');

/** Two endpoints; the first one is asked first. */
async function withPair(
  scope: Scope,
  firstByteTimeoutMs: number,
  first: Upstream['behaviour'],
): Promise<{ live: Live; hung: Upstream }> {
  const hung = await withUpstream(scope, { behaviour: first });
  const alive = await withUpstream(scope, { behaviour: identity('alive') });
  const endpoints = [endpointAt(hung.address), endpointAt(alive.address)];
  const settings = { firstByteTimeoutMs, retryDelayMs: 200 };
  const live = await withLive(scope, { endpoints, settings }, { random: firstFirst });
  return { live, hung };
}

function state(live: Live, { address }: Upstream): string {
  const [view] = live.views();
  const upstream = view?.upstreams.find(({ endpoint }) => endpoint === address);
  return upstream?.suspected ? 'suspected' : (upstream?.state ?? 'unknown');
}

async function becomes(live: Live, upstream: Upstream, wanted: string): Promise<void> {
  const what = `the endpoint to be ${wanted}`;
  await until(() => state(live, upstream) === wanted, { what, timeoutMs: 10_000 });
}

test(
  'never counts after the first byte from the endpoint, however long it is silent then',
  scoped(async (scope) => {
    const greeting = identity('greets');
    const { live, hung } = await withPair(scope, 150, (socket) => {
      greeting(socket);
      socket.unpipe();
    });
    const [held] = await hold(scope, live.port, 1);
    assert.is(held?.name, 'greets');
    held?.socket.write('is anybody there?');
    await sleep(600); // four times the limit
    assert.is(held?.state, 'open');
    assert.is(state(live, hung), 'healthy');
  }),
);

test(
  'does not count while the client has said nothing',
  scoped(async (scope) => {
    const { live, hung } = await withPair(scope, 150, hang);
    const client = await withClient(scope, live.port);
    await until(() => hung.open.length === 1, { what: 'the session' });
    await sleep(600);
    assert.not(client.destroyed);
    assert.is(state(live, hung), 'healthy');
  }),
);

test(
  'of 0 is off',
  scoped(async (scope) => {
    const { live, hung } = await withPair(scope, 0, hang);
    const client = await withClient(scope, live.port);
    client.write('is anybody there?');
    await sleep(1_500);
    assert.not(client.destroyed);
    assert.is(state(live, hung), 'healthy');
  }),
);

test(
  'makes new sessions prefer others before it is over, until the endpoint answers',
  scoped(async (scope) => {
    let answer = (): void => undefined;
    const { live, hung } = await withPair(scope, 30_000, (socket) => {
      socket.once('data', (chunk: Buffer) => {
        if (chunk.includes('anybody')) answer = () => void socket.write('late\n');
      });
    });
    const client = await withClient(scope, live.port);
    client.write('is anybody there?');
    await becomes(live, hung, 'suspected');
    const before = hung.sessions.length;
    for (let n = 0; n < 4; n += 1) assert.is(await whoAnswers(live.port), 'alive');
    assert.is(hung.sessions.length, before);
    answer();
    await once(client, 'data');
    await becomes(live, hung, 'healthy');
    hung.behaviour = identity('late');
    const held = await hold(scope, live.port, 4);
    assert.is(held.filter(({ name }) => name === 'late').length, 2);
    assert.is(open(held).length, 4);
  }),
);

test(
  'takes the endpoint out until it reacts: that it accepts is not enough',
  scoped(async (scope) => {
    const { live, hung } = await withPair(scope, 300, hang);
    const client = await withClient(scope, live.port);
    client.write('is anybody there?');
    const closed = await live.sessionClosed();
    assert.is(closed.end, 'first-byte-timeout');
    assert.is(state(live, hung), 'ejected');
    const looks = hung.sessions.length;
    await until(() => hung.sessions.length >= looks + 2, {
      ...{ what: 'two looks that connect', timeoutMs: 15_000 },
    });
    assert.is(state(live, hung), 'ejected');
    hung.behaviour = echo;
    await becomes(live, hung, 'healthy');
  }),
);

test.run();
