import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('a reload that was rejected because an address is busy');

const rejected = 'configuration could not be applied, what runs stays';
const applied = 'configuration applied';

interface Setup {
  readonly gateway: GatewayProcess;
  readonly port: number;
  /** Has the address that the file wants too. */
  readonly thief: Upstream;
  readonly config: (...listen: string[]) => ConfigObject;
}

async function setUp(scope: Scope): Promise<Setup> {
  const it = await withUpstream(scope, { behaviour: identity('it') });
  const thief = await withUpstream(scope, { behaviour: identity('thief') });
  const port = await freePort();
  const config = (...listen: string[]): ConfigObject => ({
    gateways: { main: { 'listen-addr': listen, endpoints: [it.address] } },
  });
  const gateway = await withGateway(scope, { config: config(`127.0.0.1:${port}`) });
  return { gateway, port, thief, config };
}

function count(gateway: GatewayProcess, message: string): number {
  return gateway.logs.filter((line) => line.message === message && line.level !== 'debug').length;
}

test(
  'is tried again by itself until the address is free, and told of once; what runs is not touched',
  scoped(async (scope) => {
    const { gateway, port, thief, config } = await setUp(scope);
    const started = count(gateway, applied);
    await gateway.edit(config(`0.0.0.0:${port}`, thief.address));
    const line = await gateway.logged(rejected);
    assert.is(line.retryInMs, 1_000);
    const endMs = performance.now() + 4_000;
    while (performance.now() < endMs) {
      assert.is(await whoAnswers(port), 'it');
      await sleep(5);
    }
    assert.is(count(gateway, rejected), 1);
    await thief.close();
    await until(async () => (await whoAnswers(thief.port)) === 'it', {
      ...{ what: 'the address', timeoutMs: 15_000 },
    });
    assert.is(await whoAnswers(port, '127.0.0.9'), 'it');
    assert.is(count(gateway, applied), started + 1);
    const last = gateway.logs.findLast(({ message }) => message === applied);
    assert.is(last?.trigger, 'retry');
  }),
);

test(
  'is forgotten when the file changes back',
  scoped(async (scope) => {
    const { gateway, port, thief, config } = await setUp(scope);
    await gateway.edit(config(`127.0.0.1:${port}`, thief.address));
    await gateway.logged(rejected);
    await gateway.edit(config(`127.0.0.1:${port}`));
    await gateway.logged('configuration is accepted again, it is what runs');
    const after = gateway.logs.length;
    await thief.close();
    await sleep(2_500);
    assert.is(await whoAnswers(thief.port), undefined);
    assert.equal(
      gateway.logs.slice(after).filter(({ message }) => message.startsWith('configuration')),
      [],
    );
  }),
);

test(
  'ends in time although the next try is due',
  scoped(async (scope) => {
    const { gateway, port, thief, config } = await setUp(scope);
    await gateway.edit(config(`127.0.0.1:${port}`, thief.address));
    await gateway.logged(rejected);
    assert.equal(await gateway.stop('SIGTERM', 3_000), { code: 0, signal: null });
  }),
);

test.run();
