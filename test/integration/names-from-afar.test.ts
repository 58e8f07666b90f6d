import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('names that a discovery elsewhere brings');

/** An address of this machine that stands for another machine. */
const elsewhere = Object.values(networkInterfaces())
  .flatMap((some) => some ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const reason = elsewhere === undefined ? 'this machine has but its loopback interface' : undefined;
const onNetwork = needsThat(test, reason);

const host = 'infra0.example.test';
const srvName = '_etcd-client._tcp.example.test';
const refusal = 'its name leads to this machine: 127.0.0.1 is a loopback address';

interface World {
  readonly gateway: GatewayProcess;
  readonly port: number;
  readonly victim: Upstream;
}

/** `host` leads to the loopback interface, where `victim` listens. */
async function withVictim(
  scope: Scope,
  dnsHost: string,
  entry: (victim: Upstream) => ConfigObject | Promise<ConfigObject>,
): Promise<World> {
  const victim = await withUpstream(scope, { behaviour: identity('victim') });
  const zone = new Zone([a(host, '127.0.0.1'), srv(srvName, host, victim.port)]);
  const dnsPort = await freePort();
  const dns = await DnsTestServer.start(zone.respond, { host: dnsHost, port: dnsPort });
  scope.defer(() => dns.close());
  const port = await freePort();
  const main = { 'listen-addr': `127.0.0.1:${port}`, ...(await entry(victim)) };
  const gateway = await withGateway(scope, {
    config: { gateways: { main }, dns: { servers: [`${dnsHost}:${dnsPort}`], timeout: '500ms' } },
  });
  return { gateway, port, victim };
}

async function isNeverReached({ gateway, port, victim }: World): Promise<void> {
  await until(() => JSON.stringify(gateway.logs).includes(refusal), { what: 'the reason' });
  for (let n = 0; n < 3; n += 1) {
    assert.is.not(await whoAnswers(port), 'victim');
    await sleep(200);
  }
  assert.is(victim.sessions.length, 0, 'not even a connection');
}

const insecure = { 'discovery-srv': 'example.test', 'insecure-discovery': true };

onNetwork(
  'as SRV targets do not lead to the loopback interface',
  scoped(async (scope) => {
    await isNeverReached(await withVictim(scope, elsewhere ?? '', () => insecure));
  }),
);

onNetwork(
  'as SRV targets are not validated there either',
  scoped(async (scope) => {
    const secure = { 'discovery-srv': 'example.test' };
    const victim = await withUpstream(scope);
    const zone = new Zone([
      a(host, '127.0.0.1'),
      srv('_etcd-client-ssl._tcp.example.test', host, victim.port),
    ]);
    const dnsPort = await freePort();
    const dns = await DnsTestServer.start(zone.respond, { host: elsewhere ?? '', port: dnsPort });
    scope.defer(() => dns.close());
    const main = { 'listen-addr': `127.0.0.1:${await freePort()}`, ...secure };
    const servers = [`${elsewhere ?? ''}:${dnsPort}`];
    const gateway = await withGateway(scope, { config: { gateways: { main }, dns: { servers } } });
    const line = await gateway.logged('discovered endpoint left out');
    assert.match(String(line.reason), refusal);
    assert.is(victim.sessions.length, 0);
  }),
);

onNetwork(
  "as members' URLs do not lead to the loopback interface",
  scoped(async (scope) => {
    const world = await withVictim(scope, '127.0.0.1', async (victim) => {
      const etcd = await withFakeEtcd(scope, elsewhere);
      const url = `http://${host}:${victim.port}`;
      etcd.members = [{ ID: '1', name: 'infra0', clientURLs: [url] }];
      return { endpoints: [etcd.address], 'member-discovery': { interval: '1s' } };
    });
    await isNeverReached(world);
  }),
);

onNetwork(
  'lead anywhere where the user has written them',
  scoped(async (scope) => {
    const { port } = await withVictim(scope, elsewhere ?? '', ({ port: at }) => ({
      endpoints: [`${host}:${at}`],
    }));
    assert.is(await whoAnswers(port), 'victim');
  }),
);

onNetwork(
  'and that are seeds too, in a cluster elsewhere, lead where they lead',
  scoped(async (scope) => {
    const { port, gateway } = await withVictim(scope, '127.0.0.1', async ({ port: at }) => {
      const etcd = await withFakeEtcd(scope, elsewhere);
      const url = `http://${host}:${at}`;
      etcd.members = [{ ID: '1', name: 'infra0', clientURLs: [url] }];
      return {
        endpoints: [etcd.address, `${host}:${at}`],
        'member-discovery': { interval: '1s' },
      };
    });
    await gateway.logged('configuration applied', { where: ({ trigger }) => trigger !== 'start' });
    assert.is(await whoAnswers(port), 'victim');
  }),
);

test(
  'lead to the loopback interface where the servers are on this machine',
  scoped(async (scope) => {
    const { port } = await withVictim(scope, '127.0.0.1', () => insecure);
    await until(async () => (await whoAnswers(port)) === 'victim', { what: 'the target' });
  }),
);

test(
  'lead to the loopback interface where the seed is a name of this machine',
  scoped(async (scope) => {
    const { port, gateway } = await withVictim(scope, '127.0.0.1', async ({ port: at }) => {
      const etcd = await withFakeEtcd(scope);
      const url = `http://${host}:${at}`;
      etcd.members = [{ ID: '1', name: 'infra0', clientURLs: [url] }];
      return { endpoints: [`${host}:${etcd.port}`], 'member-discovery': { interval: '1s' } };
    });
    await gateway.logged('configuration applied', { where: ({ trigger }) => trigger !== 'start' });
    assert.is(await whoAnswers(port), 'victim');
  }),
);

test.run();
