import { createServer } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';

const test = suite('the admin server as an endpoint');

const host = 'etcd.example.test';

/** What somebody gets who asks the gateway as if it were the admin server. */
async function answerOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => undefined);
  socket.write('GET /api/v1/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([closed, sleep(3_000)]);
  socket.destroy();
  return text;
}

type Source = (
  scope: Scope,
  admin: number,
) => Promise<{ readonly entry: ConfigObject; readonly address?: string }>;

const insecure = { 'discovery-srv': 'example.test', 'insecure-discovery': true };

const sources: readonly (readonly [string, string, Source])[] = [
  ...['127.0.0.1', '0.0.0.0'].map((address): readonly [string, string, Source] => [
    `a name that leads to ${address}`,
    '127.0.0.1',
    async (_, admin) => ({ entry: { endpoints: [`${host}:${admin}`] }, address }),
  ]),
  [
    'a name that is checked',
    '127.0.0.1',
    async (_, admin) => ({
      entry: {
        endpoints: [`${host}:${admin}`],
        'health-check': { type: 'tcp', interval: '1s', timeout: '500ms' },
      },
    }),
  ],
  ['an SRV target', '127.0.0.1', async () => ({ entry: insecure })],
  ['an SRV target', 'localhost', async () => ({ entry: insecure })],
  [
    'a member URL with a name',
    '127.0.0.1',
    (scope, admin) => member(scope, `http://${host}:${admin}`),
  ],
  ['a member URL', '127.0.0.1', (scope, admin) => member(scope, `http://127.0.0.1:${admin}`)],
  [
    'a member URL in another spelling',
    '127.0.0.1',
    (scope, admin) => member(scope, `http://[::ffff:7f00:1]:${admin}`),
  ],
  ['a member URL', 'localhost', (scope, admin) => member(scope, `http://[::1]:${admin}`)],
];

/** A cluster on this machine that names the admin server in place of its other member. */
async function member(scope: Scope, url: string): Promise<{ entry: ConfigObject }> {
  const etcd = await withFakeEtcd(scope);
  etcd.members = [{ ID: '1', name: 'infra0', clientURLs: [url] }];
  return { entry: { endpoints: [etcd.address], 'member-discovery': { interval: '1s' } } };
}

for (const [how, listensAt, source] of sources) {
  test(
    `is dialed for nobody, though ${how} names it, and it listens at ${listensAt}`,
    scoped(async (scope) => {
      const [port, admin] = [await freePort(), await freePort()];
      const { entry, address = '127.0.0.1' } = await source(scope, admin);
      const zone = new Zone([a(host, address), srv('_etcd-client._tcp.example.test', host, admin)]);
      const dns = await DnsTestServer.start(zone.respond);
      scope.defer(() => dns.close());
      const config = {
        gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, ...entry } },
        dns: { servers: [dns.address] },
        admin: { 'listen-addr': `${listensAt}:${admin}` },
      };
      await withGateway(scope, { config });
      const own = await fetch(`http://127.0.0.1:${admin}/livez`);
      assert.is(own.status, 200);
      for (let n = 0; n < 4; n += 1) {
        assert.not.match(await answerOf(port), /"version"|gateways|endpoints/);
        await sleep(300);
      }
    }),
  );
}

test(
  'is dialed for nobody once a reload has moved it to where an endpoint was',
  scoped(async (scope) => {
    const [port, admin] = [await freePort(), await freePort()];
    const server = createServer((_, response) => response.end('the endpoint'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wanted = (server.address() as AddressInfo).port;
    const dns = await DnsTestServer.start(new Zone([a(host, '127.0.0.1')]).respond);
    scope.defer(() => dns.close());
    const config = (at: number): ConfigObject => ({
      gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, endpoints: [`${host}:${wanted}`] } },
      dns: { servers: [dns.address] },
      admin: { 'listen-addr': `127.0.0.1:${at}` },
    });
    const gateway = await withGateway(scope, { config: config(admin) });
    assert.match(await answerOf(port), 'the endpoint');
    server.close();
    server.closeAllConnections();
    await gateway.edit(config(wanted));
    await gateway.logged('configuration applied', { where: ({ generation }) => generation === 2 });
    assert.not.match(await answerOf(port), /version/);
    await gateway.edit(config(admin));
    await gateway.logged('configuration applied', { where: ({ generation }) => generation === 3 });
    assert.match(await (await fetch(`http://127.0.0.1:${admin}/api/v1/state`)).text(), /itself/);
  }),
);

test.run();
