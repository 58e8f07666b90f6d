import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import {
  withGateway,
  type ConfigObject,
  type GatewayProcess,
  type LogLine,
} from '../support/gateway.js';
import { hold, open, type Held } from '../support/held.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('removed endpoints and their sessions');

interface Pair {
  readonly gateway: GatewayProcess;
  readonly port: number;
  /** On the endpoint that is to leave. */
  readonly held: Held[];
  readonly edit: (endpoints: 'without' | 'drain', settings: ConfigObject) => Promise<void>;
}

/** Two endpoints, of which `leaving` has so many sessions. */
async function withPair(scope: Scope, sessions: number): Promise<Pair> {
  const leaving = await withUpstream(scope, { behaviour: identity('leaving') });
  const staying = await withUpstream(scope, { behaviour: identity('staying') });
  const port = await freePort();
  const gateway = await withGateway(scope, { config: mainGateway(port, [leaving.address]) });
  const held = await hold(scope, port, sessions);
  const endpoints = {
    without: [staying.address],
    drain: [{ addr: leaving.address, drain: true }, staying.address],
  };
  return {
    ...{ gateway, port, held },
    edit: async (which, settings) => {
      const after = gateway.logs.length;
      await gateway.edit(mainGateway(port, endpoints[which], settings));
      await gateway.logged('configuration applied', { after });
    },
  };
}

/** Says something on each, so that they are not quiet, and hears it come back. */
async function speak(held: readonly Held[]): Promise<void> {
  const answers = held.map(({ socket }) => new Promise((resolve) => socket.once('data', resolve)));
  for (const { socket } of held) socket.write('x');
  await Promise.all(answers);
}

for (const how of ['without', 'drain'] as const) {
  test(
    `are left alone without a drain-timeout (${how === 'drain' ? 'drain: true' : 'removed'})`,
    scoped(async (scope) => {
      const { port, held, edit, gateway } = await withPair(scope, 3);
      await edit(how, {});
      for (let n = 0; n < 4; n += 1) assert.is(await whoAnswers(port), 'staying');
      await speak(held);
      assert.is(open(held).length, 3);
      for (const { socket } of held) socket.end();
      await gateway.logged('session closed', { where: ({ end }) => end === 'done' });
    }),
  );

  test(
    `end after drain-timeout, paced, the quiet ones first (${how})`,
    scoped(async (scope) => {
      const { held, edit, gateway } = await withPair(scope, 40);
      const busy = held.slice(0, 10);
      const talking = setInterval(() => {
        for (const { socket, state } of busy) if (state === 'open') socket.write('x');
      }, 20);
      scope.defer(() => clearInterval(talking));
      await edit(how, { 'drain-timeout': '1s' });
      const startMs = performance.now();
      await until(() => open(held).length < 40, { what: 'the first end' });
      assert.ok(performance.now() - startMs > 700, 'nothing ends before the timeout');
      await until(() => open(held).length <= 12, { what: 'the ends', everyMs: 5 });
      assert.is(open(busy).length, 10, 'quiet ones go first');
      await until(() => open(held).length === 0, { what: 'the last end' });
      const tookMs = performance.now() - startMs;
      assert.ok(tookMs > 2_000, `all ended within ${tookMs} ms`);
      const isReset = ({ state }: Held) => state === 'ECONNRESET' || state === 'EPIPE';
      assert.ok(held.every(isReset), held.map(({ state }) => state).join());
      const ends = () => gateway.logs.filter(({ end }) => end === 'drain-timeout').length;
      await until(() => ends() === 40, { what: '40 lines' });
      const where = ({ sessions, gateway: of }: LogLine) => sessions === 40 && of === 'main';
      await gateway.logged('sessions of a draining endpoint were closed', { where });
    }),
  );
}

test(
  'follow a drain-timeout that is changed while they drain',
  scoped(async (scope) => {
    const { held, edit } = await withPair(scope, 2);
    await edit('without', { 'drain-timeout': '1h' });
    await speak(held);
    await edit('without', { 'drain-timeout': '0s' });
    await speak(held);
    assert.is(open(held).length, 2);
    await edit('without', { 'drain-timeout': '1ms' });
    await until(() => open(held).length === 0, { what: 'the ends' });
  }),
);

test.run();
