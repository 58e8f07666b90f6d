import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { hold, open, shares } from '../support/held.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('balancers');

interface Cluster {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly upstreams: readonly Upstream[];
}

/** Upstreams `infra0`, … with these weights and priorities. */
async function withCluster(
  scope: Scope,
  balancer: string,
  endpoints: readonly { readonly weight: number; readonly priority?: number }[],
): Promise<Cluster> {
  const upstreams = await Promise.all(
    endpoints.map((_, index) => withUpstream(scope, { behaviour: identity(`infra${index}`) })),
  );
  const port = await freePort();
  const written = endpoints.map((endpoint, index) => ({
    ...{ addr: upstreams[index]?.address, ...endpoint },
  }));
  const settings = { balancer, 'retry-delay': '200ms' };
  const gateway = await withGateway(scope, { config: mainGateway(port, written, settings) });
  return { gateway, port, upstreams };
}

const weights = [{ weight: 1 }, { weight: 2 }, { weight: 3 }];

for (const balancer of ['round-robin', 'least-sessions']) {
  test(
    `${balancer} gives weights of 1, 2 and 3 exactly these shares of the open sessions`,
    scoped(async (scope) => {
      const { port } = await withCluster(scope, balancer, weights);
      assert.equal(shares(await hold(scope, port, 60)), { infra0: 10, infra1: 20, infra2: 30 });
    }),
  );
}

test(
  'random-two keeps open sessions nearly even by weight',
  scoped(async (scope) => {
    const { port } = await withCluster(scope, 'random-two', weights);
    const got = shares(await hold(scope, port, 120));
    for (const [index, wanted] of [20, 40, 60].entries()) {
      const count = got[`infra${index}`] ?? 0;
      assert.ok(Math.abs(count - wanted) <= 12, JSON.stringify(got));
    }
  }),
);

test(
  'least-sessions fills up where sessions have ended, round-robin does not look',
  scoped(async (scope) => {
    for (const [balancer, wanted] of [
      ['least-sessions', { infra0: 15, infra1: 15 }],
      ['round-robin', { infra0: 20, infra1: 10 }],
    ] as const) {
      const equal = [{ weight: 1 }, { weight: 1 }];
      const { port, upstreams } = await withCluster(scope, balancer, equal);
      const held = await hold(scope, port, 20);
      const gone = held.filter(({ name }) => name === 'infra1');
      for (const { socket } of gone) socket.destroy();
      await until(() => upstreams[1]?.open.length === 0, { what: 'its sessions to end' });
      const kept = held.filter(({ name }) => name === 'infra0');
      assert.equal(shares([...kept, ...(await hold(scope, port, 20))]), wanted);
    }
  }),
);

for (const balancer of ['round-robin', 'least-sessions', 'random-two']) {
  test(
    `${balancer} stays within the lowest priority that has a healthy upstream`,
    scoped(async (scope) => {
      const { gateway, port, upstreams } = await withCluster(scope, balancer, [
        { weight: 1, priority: 0 },
        { weight: 1, priority: 1 },
        { weight: 3, priority: 1 },
        { weight: 9, priority: 2 },
      ]);
      const [preferred] = upstreams;
      assert.equal(shares(await hold(scope, port, 8)), { infra0: 8 });
      await preferred?.close();
      const next = shares(await hold(scope, port, 40));
      assert.equal(Object.keys(next).sort(), ['infra1', 'infra2']);
      assert.ok((next.infra2 ?? 0) > (next.infra1 ?? 0), JSON.stringify(next));
      const after = gateway.logs.length;
      await preferred?.listen();
      await gateway.logged('endpoint back in rotation', { after });
      assert.equal(shares(await hold(scope, port, 8)), { infra0: 8 });
    }),
  );
}

test(
  'a full upstream is passed over, and takes sessions again when some have ended',
  scoped(async (scope) => {
    const upstreams = await Promise.all(
      ['small', 'large'].map((name) => withUpstream(scope, { behaviour: identity(name) })),
    );
    const [small, large] = upstreams.map(({ address }) => address);
    const port = await freePort();
    await withGateway(scope, {
      config: mainGateway(port, [{ addr: small, 'max-sessions': 3 }, { addr: large }]),
    });
    const held = await hold(scope, port, 20);
    assert.equal(shares(held), { small: 3, large: 17 });
    for (const { name, socket } of held) if (name === 'small') socket.destroy();
    await until(() => upstreams[0]?.open.length === 0, { what: 'its sessions to end' });
    assert.equal(shares(await hold(scope, port, 10)), { small: 3, large: 7 });
    assert.is(open(held).length, 20, 'only those that were closed here have ended');
  }),
);

test.run();
