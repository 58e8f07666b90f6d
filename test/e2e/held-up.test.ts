import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readExactly } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('a gateway that is held up');

test(
  'blames no endpoint for an answer that has come meanwhile',
  scoped(async (scope) => {
    let hasAnswered = false;
    const slow = await withUpstream(scope, {
      behaviour: (socket) => {
        socket.once('data', () => {
          setTimeout(() => socket.write('answer', () => (hasAnswered = true)), 500);
        });
      },
    });
    const port = await freePort();
    const settings = { 'first-byte-timeout': '1500ms' };
    const gateway = await withGateway(scope, {
      config: mainGateway(port, [slow.address], settings),
    });
    const client = await withClient(scope, port);
    client.write('question');
    await until(() => slow.sessions.some(({ bytesReceived }) => bytesReceived > 0), {
      what: 'the question',
    });
    assert.not.ok(hasAnswered);
    gateway.signal('SIGSTOP');
    await until(() => hasAnswered, { what: 'the answer' });
    await sleep(2_000); // until the time for an answer is over
    gateway.signal('SIGCONT');
    assert.is((await readExactly(client, 6)).toString(), 'answer');
    await sleep(300);
    const blamed = gateway.logs.filter(
      ({ message }) => message === 'endpoint taken out of rotation',
    );
    assert.equal(blamed, []);
  }),
);

test.run();
