import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('slow-start');

const slowStartMs = 6_000;

test(
  'gives a returned endpoint more new sessions as time goes on',
  scoped(async (scope) => {
    const returning = await withUpstream(scope, { behaviour: identity('returning') });
    const other = await withUpstream(scope, { behaviour: identity('other') });
    const port = await freePort();
    const settings = { 'slow-start': `${slowStartMs}ms`, 'retry-delay': '200ms' };
    const gateway = await withGateway(scope, {
      config: mainGateway(port, [returning.address, other.address], settings),
    });
    await returning.close();
    for (let n = 0; n < 2; n += 1) assert.is(await whoAnswers(port), 'other');
    await returning.listen();
    await gateway.logged('endpoint back in rotation');
    const startMs = performance.now();
    const [early, late] = [
      { own: 0, all: 0 },
      { own: 0, all: 0 },
    ];
    while (performance.now() - startMs < slowStartMs) {
      const phase = performance.now() - startMs < slowStartMs / 2 ? early : late;
      if ((await whoAnswers(port)) === 'returning') phase.own += 1;
      phase.all += 1;
      await sleep(2);
    }
    const [first, second] = [early.own / early.all, late.own / late.all];
    assert.ok(first < 0.32 && first > 0.02, `${first} of the first half's sessions`);
    assert.ok(second > first && second < 0.5, `${second} of the second half's, ${first} before`);
    await sleep(slowStartMs / 10); // the share grows in steps; the last one is taken by now
    let own = 0;
    for (let n = 0; n < 40; n += 1) if ((await whoAnswers(port)) === 'returning') own += 1;
    assert.is(own, 20);
  }),
);

test.run();
