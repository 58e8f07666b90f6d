import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { whoAnswers } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { hold, shares } from '../support/held.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('an endpoint that answers no SYN, among three');

interface Hole {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly address: string;
}

async function withHole(scope: Scope, settings: Record<string, unknown> = {}): Promise<Hole> {
  const { address } = await withBlackHole(scope);
  const alive = await Promise.all(
    ['infra1', 'infra2'].map((name) => withUpstream(scope, { behaviour: identity(name) })),
  );
  const port = await freePort();
  const endpoints = [address, ...alive.map((upstream) => upstream.address)];
  const gateway = await withGateway(scope, { config: mainGateway(port, endpoints, settings) });
  return { gateway, port, address };
}

async function msToAnswer(port: number): Promise<number> {
  const startMs = performance.now();
  assert.ok(await whoAnswers(port));
  return performance.now() - startMs;
}

test(
  'costs the first client that it is chosen for half a second at most, and the next ones nothing',
  scoped(async (scope) => {
    const { gateway, port, address } = await withHole(scope);
    const times: number[] = [];
    for (let n = 0; n < 33; n += 1) times.push(await msToAnswer(port));
    const sorted = times.sort((x, y) => y - x);
    console.log(`the three slowest: ${sorted.slice(0, 3).map(Math.round).join(', ')} ms`);
    const [first = 0, , third = Infinity] = sorted;
    assert.ok(first >= 240 && first < 600, `${first} ms`);
    assert.ok(third < 240, 'nobody waits for the stagger again; one other may meet a busy machine');
    assert.ok((sorted[12] ?? Infinity) < 100, `most take less than ${sorted[12]} ms`);
    const line = await gateway.logged('endpoint taken out of rotation');
    assert.is(line.endpoint, address);
    assert.match(String(line.reason), 'no answer to connect within');
  }),
);

test(
  'is dialed by few of the clients that come at once, and all of these are served',
  scoped(async (scope) => {
    const { gateway, port, address } = await withHole(scope, { 'connect-timeout': '1s' });
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 60 }, () => whoAnswers(port)));
    assert.ok(answers.every((name) => name === 'infra1' || name === 'infra2'));
    assert.ok(performance.now() - startMs < 3_000);
    await gateway.logged('endpoint taken out of rotation');
    const dials = () =>
      gateway.logs.filter(
        ({ message, endpoint }) =>
          message === 'endpoint could not be dialed' && endpoint === address,
      ).length;
    assert.ok(dials() <= 2, `${dials()} dials have ended, of those that the race was lost by`);
    const before = dials();
    assert.equal(shares(await hold(scope, port, 20)), { infra1: 10, infra2: 10 });
    assert.ok(dials() - before <= 3, 'while it is ejected it is tried by one dial at a time');
    await until(() => gateway.exit === undefined, { what: 'the gateway to live' });
  }),
);

test.run();
