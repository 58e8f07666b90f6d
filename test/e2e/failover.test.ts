import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { readToEnd, whoAnswers, withClient } from '../support/client.js';
import { a, DnsTestServer, Zone } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway } from '../support/gateway.js';
import { freePort, freePorts } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { hang, identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('endpoints that fail');

async function named(scope: Scope, name: string, host?: string): Promise<Upstream> {
  return withUpstream(scope, {
    behaviour: identity(name),
    ...(host === undefined ? {} : { host }),
  });
}

test(
  'an endpoint that answers no SYN costs a client well under a second, once',
  scoped(async (scope) => {
    const hole = await withBlackHole(scope);
    const alive = await named(scope, 'alive');
    const port = await freePort();
    await withGateway(scope, { config: mainGateway(port, [hole.address, alive.address]) });
    const startedMs = performance.now();
    for (let session = 0; session < 6; session++) assert.is(await whoAnswers(port), 'alive');
    assert.ok(performance.now() - startedMs < 2_000, `${performance.now() - startedMs} ms`);
  }),
);

test(
  'an endpoint that refuses is passed over, and no client notices',
  scoped(async (scope) => {
    const [dead, alive] = [await named(scope, 'dead'), await named(scope, 'alive')];
    const port = await freePort();
    await withGateway(scope, { config: mainGateway(port, [dead.address, alive.address]) });
    await dead.close();
    for (let session = 0; session < 20; session++) assert.is(await whoAnswers(port), 'alive');
  }),
);

test(
  'an endpoint that accepts and is silent costs the session that found it out, and no more',
  scoped(async (scope) => {
    const silent = await withUpstream(scope, { behaviour: hang });
    const alive = await named(scope, 'alive');
    const port = await freePort();
    const settings = { 'first-byte-timeout': '300ms', 'retry-delay': '1m' };
    const config = mainGateway(port, [silent.address, alive.address], settings);
    const gateway = await withGateway(scope, { config });
    const clients = [await withClient(scope, port), await withClient(scope, port)];
    for (const client of clients) client.write('is anybody there?');
    await gateway.logged('endpoint taken out of rotation');
    const cut = (): number => clients.filter(({ destroyed }) => destroyed).length;
    await until(() => cut() === 1, { what: 'a session to be cut' });
    for (let session = 0; session < 6; session++) assert.is(await whoAnswers(port), 'alive');
  }),
);

test(
  'endpoints that were all down for a moment serve as soon as they are back',
  scoped(async (scope) => {
    const all = [await named(scope, 'first'), await named(scope, 'second')];
    const port = await freePort();
    const endpoints = all.map(({ address }) => address);
    await withGateway(scope, { config: mainGateway(port, endpoints, { 'retry-delay': '1m' }) });
    for (const upstream of all) await upstream.close();
    for (let session = 0; session < 10; session++) assert.is(await whoAnswers(port), undefined);
    for (const upstream of all) await upstream.listen();
    assert.ok(await whoAnswers(port));
  }),
);

test(
  'a host name that does not resolve holds nobody up',
  scoped(async (scope) => {
    const alive = await named(scope, 'alive');
    const port = await freePort();
    const endpoints = ['no-such-host.invalid:2379', alive.address];
    await withGateway(scope, { config: mainGateway(port, endpoints) });
    const startedMs = performance.now();
    assert.is(await whoAnswers(port), 'alive');
    assert.ok(performance.now() - startedMs < 1_500);
  }),
);

test(
  'IPv6 works for listeners and endpoints, as do unix sockets',
  scoped(async (scope) => {
    const dir = await scope.tempDir();
    const six = await named(scope, 'six', '::1');
    const path = `${dir}/upstream.sock`;
    const unix = await withUpstream(scope, { behaviour: identity('unix'), path });
    const [port, other] = (await freePorts(2)) as [number, number];
    const gateways = {
      six: { 'listen-addr': `[::1]:${port}`, endpoints: [six.address] },
      unix: {
        'listen-addr': [`127.0.0.1:${other}`, `unix:${dir}/gateway.sock`],
        endpoints: [unix.address],
      },
    };
    await withGateway(scope, { config: { gateways } });
    assert.is(await whoAnswers(port, '::1'), 'six');
    assert.is(await whoAnswers(other), 'unix');
    const client = await withClient(scope, { path: `${dir}/gateway.sock` });
    client.end();
    assert.is(String(await readToEnd(client)), 'unix\n');
  }),
);

test(
  'a gateway that is its own endpoint is refused before it runs',
  scoped(async (scope) => {
    const port = await freePort();
    const config = mainGateway(port, [`localhost:${port}`]);
    const gateway = await withGateway(scope, { config, ready: false, exitCode: 78 });
    await gateway.exited;
    assert.match(gateway.stderr, 'is a listener of this file');
  }),
);

test(
  'a gateway that reaches itself by a name refuses, and stays small',
  scoped(async (scope) => {
    const dns = await DnsTestServer.start(new Zone([a('self.example.test', '127.0.0.1')]).respond);
    scope.defer(async () => dns.close());
    const port = await freePort();
    const gateway = await withGateway(scope, {
      config: {
        gateways: { main: { 'listen-addr': `:${port}`, endpoints: [`self.example.test:${port}`] } },
        dns: { servers: [dns.address] },
      },
    });
    for (let session = 0; session < 5; session++) assert.is(await whoAnswers(port), undefined);
    const open = await readdir(`/proc/${gateway.pid}/fd`);
    assert.ok(open.length < 100, `${open.length} open files`);
    await until(() => gateway.stderr.includes('loop'), { what: 'the log to name the loop' });
  }),
);

test(
  'out of file descriptors it refuses, goes on, and serves when there are some again',
  scoped(async (scope) => {
    const alive = await named(scope, 'alive');
    const port = await freePort();
    const config = mainGateway(port, [alive.address]);
    const gateway = await withGateway(scope, { config, openFiles: 200 });
    const crowd = Array.from({ length: 400 }, () => crowdMember(scope, port));
    await until(() => crowd.filter((socket) => socket.destroyed).length > 200, {
      what: 'most of the crowd to be refused',
    });
    assert.is(gateway.exit, undefined);
    for (const socket of crowd) socket.destroy();
    await until(async () => (await whoAnswers(port)) === 'alive', { what: 'service to resume' });
  }),
);

function crowdMember(scope: Scope, port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.resume();
  scope.defer(() => socket.destroy());
  return socket;
}

for (const delay of ['-1s', '1']) {
  test(
    `a retry-delay of ${delay} is refused with a reason`,
    scoped(async (scope) => {
      const flags = ['--endpoints', '127.0.0.1:2', '--retry-delay', delay];
      const gateway = await withGateway(scope, { flags, ready: false, exitCode: 2 });
      assert.equal(await gateway.exited, { code: 2, signal: null });
      assert.match(gateway.stderr, 'retry-delay');
    }),
  );
}

test.run();
