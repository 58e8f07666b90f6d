import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { hold, open, shares, type Held } from '../support/held.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('rebalance');

const rebalance = { tolerance: '20%', 'quiet-for': '500ms', 'max-per-second': 20 };

test(
  'moves quiet sessions to an endpoint that is back, by an orderly end, and leaves busy ones',
  scoped(async (scope) => {
    const upstreams = await Promise.all(
      ['infra0', 'infra1', 'infra2'].map((name) =>
        withUpstream(scope, { behaviour: identity(name) }),
      ),
    );
    const port = await freePort();
    const endpoints = upstreams.map(({ address }) => address);
    const settings = { rebalance, 'retry-delay': '200ms' };
    const gateway = await withGateway(scope, { config: mainGateway(port, endpoints, settings) });
    const [back] = upstreams;
    await back?.close();
    const held = await hold(scope, port, 24);
    assert.is(shares(held).infra0, undefined);
    const busy = held.slice(0, 8);
    const talking = setInterval(() => {
      for (const { socket } of busy) socket.write('x');
    }, 50);
    scope.defer(() => clearInterval(talking));
    await back?.listen();
    await gateway.logged('endpoint back in rotation');
    const all = await followed(scope, port, held, isEven);
    const ended = held.filter(({ state }) => state !== 'open');
    assert.ok(ended.every(({ state }) => state === 'end'));
    assert.is(open(busy).length, busy.length);
    assert.ok(isEven(shares(open(all))), JSON.stringify(shares(open(all))));
  }),
);

/** Connects anew for each session that ends, as clients do, until the shares are as wanted. */
async function followed(
  scope: Parameters<typeof hold>[0],
  port: number,
  first: readonly Held[],
  isDone: (shares: Record<string, number>) => boolean,
): Promise<readonly Held[]> {
  const all = [...first];
  await until(
    async () => {
      all.push(...(await hold(scope, port, first.length - open(all).length)));
      return isDone(shares(open(all)));
    },
    { what: 'even shares', timeoutMs: 20_000 },
  );
  return all;
}

/** Nobody has more than a fifth above the even share of 8. */
function isEven(shares: Record<string, number>): boolean {
  return Object.keys(shares).length === 3 && Object.values(shares).every((count) => count <= 9);
}

test.run();
