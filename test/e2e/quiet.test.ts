import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readExactly } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { withGateway } from '../support/gateway.js';
import { mainGateway } from '../support/gateway-config.js';
import { needs, needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { TestProcess } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('a quiet gateway');
const traced =
  systemSides.kind === 'kernel'
    ? needs(test, 'strace')
    : needsThat(test, 'the sockets of this system are portable');

/** The data path waits by the first, Node's event loop by the other. */
const waits = new Set(['epoll_wait', 'epoll_pwait']);

traced(
  'makes no system call on the data path but the wait, and few in all',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('it') });
    const port = await freePort();
    const gateway = await withGateway(scope, { config: mainGateway(port, [upstream.address]) });
    const client = await withClient(scope, port);
    await readExactly(client, 3);
    await sleep(1_000); // until what a session brings about is over

    const trace = join(await scope.tempDir(), 'trace');
    const tracer = new TestProcess('strace', ['-f', '-qq', '-o', trace, '-p', String(gateway.pid)]);
    scope.defer(() => tracer.stop('SIGKILL'));
    await sleep(3_000);
    await tracer.stop('SIGTERM');

    const calls = (await readFile(trace, 'utf8')).split('\n').flatMap((line) => {
      const match = /^(\d+) +(?:<\.\.\. )?(\w+)/.exec(line);
      return match ? [{ thread: match[1], name: match[2] ?? '' }] : [];
    });
    const own = calls.find(({ name }) => name === 'epoll_wait')?.thread;
    const others = calls.filter(({ thread, name }) => thread === own && !waits.has(name));
    assert.ok(own !== undefined, 'the thread of the data path waits');
    assert.equal(others, []);
    assert.ok(calls.length < 200, `${calls.length} calls in three seconds`);
  }),
);

test.run();
