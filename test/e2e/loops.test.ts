import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { hang, identity, withUpstream } from '../support/upstream.js';

const test = suite('loops');

async function openFiles({ pid }: GatewayProcess): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

function findsLoop({ logs }: GatewayProcess): boolean {
  return JSON.stringify(logs).includes('leads back to this gateway');
}

/** The most open files of each while `settled` does not hold yet. */
async function peakUntil(gateways: GatewayProcess[], settled: () => boolean): Promise<number> {
  let peak = 0;
  const look = async (): Promise<boolean> => {
    for (const gateway of gateways) peak = Math.max(peak, await openFiles(gateway));
    return settled();
  };
  await until(look, { what: 'the loop is found', timeoutMs: 10_000 });
  return peak;
}

for (const [who, clients, words, most] of [
  ['a client says nothing', 1, '', 100],
  ['a client speaks', 1, 'hello', 100],
  ['three clients come at once', 3, 'hello', 100],
  ['sixty clients come at once', 60, 'hello', 2_000],
] as const) {
  test(
    `a loop over two gateways is broken before it grows, when ${who}`,
    scoped(async (scope) => {
      const [one, other] = await freePorts(2);
      const first = await withGateway(scope, {
        config: mainGateway(one ?? 0, [`127.0.0.1:${other ?? 0}`]),
      });
      const second = await withGateway(scope, {
        config: mainGateway(other ?? 0, [`127.0.0.1:${one ?? 0}`]),
      });
      const both = [first, second]; // either may be the one that finds it
      const idle = Math.min(await openFiles(first), await openFiles(second));
      const victims = await Promise.all(
        Array.from({ length: clients }, () => withClient(scope, one ?? 0)),
      );
      for (const victim of victims) victim.write(words);
      const told = () => both.some((gateway) => findsLoop(gateway));
      const peak = await peakUntil(both, told);
      const grown = peak - idle;
      assert.ok(grown < most, `${grown} files more than without clients`);
      const areGone = (): boolean => victims.every((victim) => victim.destroyed);
      await until(areGone, { what: 'the clients are let go' });
      for (const gateway of both) {
        await until(async () => (await openFiles(gateway)) < 40, { what: 'its sessions are gone' });
      }
    }),
  );
}

for (const [how, count, atOnce] of [
  ['one after the other', 60, 1],
  ['at once', 60, 60],
  ['at once, and fill what is suspicious', 64, 64],
  ['by tens', 200, 10],
] as const) {
  test(
    `${count} silent clients that come ${how} are all that their endpoint sees`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: hang });
      const [port = 0] = await freePorts(1);
      await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
      for (let come = 0; come < count; come += atOnce) {
        await Promise.all(Array.from({ length: atOnce }, () => withClient(scope, port)));
      }
      await until(() => upstream.sessions.length >= count, { what: 'a session each' });
      await sleep(500);
      assert.is(upstream.sessions.length, count);
    }),
  );
}

test(
  'an endpoint that led back comes back once it leads elsewhere',
  scoped(async (scope) => {
    const alive = await withUpstream(scope, { behaviour: identity('alive') });
    const [one = 0, other = 0] = await freePorts(2);
    const settings = { 'retry-delay': '300ms' };
    const first = await withGateway(scope, {
      config: mainGateway(one, [`127.0.0.1:${other}`], settings),
    });
    const second = await withGateway(scope, {
      config: mainGateway(other, [`127.0.0.1:${one}`], settings),
    });
    await withClient(scope, one);
    await until(() => findsLoop(first) || findsLoop(second), { what: 'the loop is found' });
    await second.edit(mainGateway(other, [alive.address], settings));
    await until(async () => (await whoAnswers(one).catch(() => '')) === 'alive', {
      what: 'clients reach the new endpoint',
      timeoutMs: 10_000,
    });
  }),
);

test.run();
