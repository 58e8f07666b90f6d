import { once } from 'node:events';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withClient } from '../support/client.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type GatewayProcess, type LogLine } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { withUpstream } from '../support/upstream.js';

const test = suite('log.sessions');

function ends({ logs }: GatewayProcess): LogLine[] {
  return logs.filter(({ message }) => message === 'session closed');
}

async function session(scope: Scope, port: number): Promise<string> {
  const client = await withClient(scope, port);
  const name = `127.0.0.1:${client.localPort}`;
  client.write('hello');
  await once(client, 'data');
  client.end();
  await once(client, 'close');
  return name;
}

test(
  'true: one line at info for each session, and none for dials; it follows a reload',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope);
    const port = await freePort();
    const withLog = (sessions: boolean) => ({
      ...mainGateway(port, [upstream.address]),
      log: { level: 'info', format: 'json', sessions },
    });
    const gateway = await withGateway(scope, { config: withLog(true) });
    assert.equal((await gateway.logged('ready to proxy client requests')).gateways, ['main']);
    const names = [await session(scope, port), await session(scope, port)];
    await until(() => ends(gateway).length === 2, { what: 'a line for each' });
    assert.equal(
      ends(gateway).map(({ level, client, endpoint, end }) => [level, client, endpoint, end]),
      names.map((name) => ['info', name, upstream.address, 'done']),
    );
    assert.is(ends(gateway)[0]?.bytesSent, 5);
    assert.not.ok(gateway.logs.some(({ message }) => message === 'endpoint dialed'));

    await gateway.edit(withLog(false));
    await gateway.logged('configuration applied', { where: ({ generation }) => generation === 2 });
    await session(scope, port);
    await gateway.edit(withLog(true));
    await gateway.logged('configuration applied', { where: ({ generation }) => generation === 3 });
    const last = await session(scope, port);
    await gateway.logged('session closed', { where: ({ client }) => client === last });
    assert.is(ends(gateway).length, 3);
  }),
);

test.run();
