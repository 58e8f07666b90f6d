import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Sides } from '../../src/model/side.js';
import { whoAnswers, withClient } from '../support/client.js';
import { withLive, type Live } from '../support/live.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';
import { hang, identity, withUpstream, type Behaviour } from '../support/upstream.js';

const test = suite('own dials');

const onePort = { host: '127.0.0.1', port: 40_000 };

/** Every dial and every client come from one port, as the kernel allows where they go elsewhere. */
function sidesOfOnePort(): Sides {
  const real = systemSides;
  return {
    kind: real.kind,
    connect: (address, dialer, options) => {
      const side = real.connect(address, dialer, options);
      side.local = () => onePort;
      return side;
    },
    listen: (address, options, acceptor) =>
      real.listen(address, options, {
        accepted: (client) => {
          client.peer = () => onePort;
          acceptor.accepted(client);
        },
        failed: (error) => acceptor.failed(error),
      }),
    adopt: (fd, acceptor) => real.adopt(fd, acceptor),
    attend: (work) => real.attend(work),
    close: () => undefined,
  };
}

/** A gateway whose endpoint has the gateway's own port, at another address. */
async function withTwin(scope: Scope, behaviour: Behaviour): Promise<[live: Live, port: number]> {
  const port = await freePort();
  const { address } = await withUpstream(scope, { host: '127.0.0.2', port, behaviour });
  const listen = [`127.0.0.1:${port}`];
  return [
    await withLive(scope, { endpoints: [address], listen }, { sides: sidesOfOnePort() }),
    port,
  ];
}

test(
  'a client whose port is that of an answered session is no loop',
  scoped(async (scope) => {
    const [live, port] = await withTwin(scope, identity('twin'));
    const first = await withClient(scope, port);
    await until(() => first.bytesRead > 0, { what: 'the first answer' });
    assert.is(await whoAnswers(port), 'twin');
    assert.is(live.happened('client-refused'), 0);
    assert.not.ok(first.destroyed);
  }),
);

test(
  'a client whose port is that of a session without an answer is taken for one',
  scoped(async (scope) => {
    const [live, port] = await withTwin(scope, hang);
    await withClient(scope, port);
    await until(() => live.gateway().sessionCount === 1, { what: 'the session' });
    await until(() => live.views()[0]?.dialing === 0, { what: 'the dial' });
    assert.is(await whoAnswers(port), undefined);
    assert.is(live.happened('client-refused'), 1);
  }),
);

test.run();
