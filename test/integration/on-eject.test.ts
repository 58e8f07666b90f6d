import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mainGateway } from '../support/gateway-config.js';
import {
  withGateway,
  type ConfigObject,
  type GatewayProcess,
  type LogWait,
} from '../support/gateway.js';
import { hold, open, type Held } from '../support/held.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('on-eject');

const checks = { 'health-check': { type: 'tcp', interval: '200ms', timeout: '200ms', fall: 1 } };
const out = 'endpoint taken out of rotation';

interface Pair {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly failing: Upstream;
  readonly other: Upstream;
  /** Sessions of the one that fails. */
  readonly held: Held[];
}

async function withPair(scope: Scope, settings: ConfigObject): Promise<Pair> {
  const failing = await withUpstream(scope, { behaviour: identity('failing') });
  const other = await withUpstream(scope, { behaviour: identity('other') });
  const port = await freePort();
  const config = mainGateway(port, [failing.address, other.address], {
    ...{ 'on-eject': 'close', 'retry-delay': '200ms', ...settings },
  });
  const gateway = await withGateway(scope, { config });
  const held = (await hold(scope, port, 6)).filter(({ name }) => name === 'failing');
  return { gateway, port, failing, other, held };
}

async function allReset(held: readonly Held[]): Promise<void> {
  await until(() => open(held).length === 0, { what: 'the sessions to be closed' });
  assert.ok(held.every(({ state }) => state === 'ECONNRESET'));
}

function isOut({ address }: Upstream): LogWait {
  return { where: ({ endpoint }) => endpoint === address };
}

test(
  'close: a failed health check ends the sessions of its endpoint, by a reset',
  scoped(async (scope) => {
    const { gateway, failing, held } = await withPair(scope, checks);
    failing.refuse();
    await allReset(held);
    const lines = () => gateway.logs.filter(({ end }) => end === 'ejected').length;
    await until(() => lines() === held.length, { what: 'a line for each' });
  }),
);

test(
  'keep, the default: sessions of an ejected endpoint go on',
  scoped(async (scope) => {
    const { gateway, failing, held } = await withPair(scope, { ...checks, 'on-eject': 'keep' });
    failing.refuse();
    await gateway.logged(out);
    for (const { socket } of held) {
      const answer = new Promise((resolve) => socket.once('data', resolve));
      socket.write('x');
      await answer;
    }
    assert.is(open(held).length, held.length);
  }),
);

test(
  'close: with no other endpoint alive sessions stay, until one is back',
  scoped(async (scope) => {
    const { gateway, failing, other, held } = await withPair(scope, checks);
    await other.close();
    await gateway.logged(out, isOut(other));
    failing.refuse();
    await gateway.logged(out, isOut(failing));
    await gateway.logged('no endpoint is in rotation, each client is offered to all of them');
    assert.is(open(held).length, held.length);
    await other.listen();
    await allReset(held);
  }),
);

test(
  'close: an endpoint that resets a session and no longer accepts loses the others',
  scoped(async (scope) => {
    const { gateway, failing, held } = await withPair(scope, {});
    failing.refuse();
    failing.open[0]?.socket.resetAndDestroy();
    const line = await gateway.logged(out, isOut(failing));
    assert.match(String(line.reason), 'reset a session, then: connection refused');
    await allReset(held);
  }),
);

test(
  'close: an endpoint that resets one session and still accepts keeps the others',
  scoped(async (scope) => {
    const { gateway, failing, held } = await withPair(scope, {});
    const dials = failing.sessions.length;
    failing.open[0]?.socket.resetAndDestroy();
    await gateway.logged('session closed', { where: ({ end }) => end === 'endpoint-reset' });
    await until(() => failing.sessions.length > dials, { what: 'the look whether it accepts' });
    assert.is(open(held).length, held.length - 1);
    assert.not(gateway.logs.some(({ message }) => message === out));
  }),
);

test(
  'close: a dial that is refused ends no session',
  scoped(async (scope) => {
    const { gateway, port, failing, held } = await withPair(scope, {});
    failing.refuse();
    await hold(scope, port, 2);
    await gateway.logged(out, isOut(failing));
    assert.is(open(held).length, held.length);
  }),
);

test.run();
