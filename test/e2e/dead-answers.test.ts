import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { withBlackHole } from '../support/black-hole.js';
import { withSessions } from '../support/etcd-session.js';
import { withDiscovering, targets, srvName, withZone } from '../support/discovering.js';
import { a, srv } from '../support/dns-server.js';
import { withFakeEtcd } from '../support/etcd-api.js';
import { EtcdMember } from '../support/etcd.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { openSession, shares, withNamedOne } from '../support/named.js';
import { needs } from '../support/needs.js';
import { freePort, freePorts } from '../support/ports.js';
import { runProgram } from '../support/program.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('answers that lead nowhere');
const etcdTest = needs(test, 'etcd');

const leadsNowhere = 'an answer leads nowhere, what served before goes on';
const leadsSomewhere = 'the latest answer leads somewhere again';

/** A member whose advertised URL is not where it listens. */
class Misadvertised {
  readonly member: EtcdMember;

  private constructor(member: EtcdMember) {
    this.member = member;
  }

  static async create(scope: Scope): Promise<Misadvertised> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const dataDir = join(await scope.tempDir(), 'infra0');
    await mkdir(dataDir, { mode: 0o700 });
    const member = new EtcdMember('infra0', clientPort, peerPort, dataDir, 'http');
    scope.defer(async () => member.kill());
    return new Misadvertised(member);
  }

  start(address: string): void {
    const { name, peerUrl } = this.member;
    this.member.start([
      ...['--initial-cluster', `${name}=${peerUrl}`],
      ...['--advertise-client-urls', `http://${address}`],
    ]);
  }
}

async function withDiscovery(
  scope: Scope,
  seed: string,
  port: number,
): Promise<{ readonly gateway: GatewayProcess; readonly admin: string }> {
  const admin = `unix:${await scope.tempDir()}/admin.sock`;
  const main = {
    ...{ 'listen-addr': `127.0.0.1:${port}`, endpoints: [seed] },
    ...{ 'member-discovery': { interval: '1s' }, 'drain-timeout': '1s' },
  };
  const config: ConfigObject = { gateways: { main }, admin: { 'listen-addr': admin } };
  return { gateway: await withGateway(scope, { config }), admin };
}

/** New sessions get answers. */
async function serves(scope: Scope, port: number): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    const [session] = withSessions(scope, port, 1);
    await until(() => (session?.answers ?? 0) > 0 || session?.error, { what: 'an answer' });
    assert.is(session?.error, undefined);
    session?.close();
  }
}

const wrong: Readonly<Record<string, (scope: Scope, own: number) => Promise<string>>> = {
  'an address that refuses': async () => `127.0.0.99:${await freePort()}`,
  'a name that does not exist': async () => `no-such-member.invalid:${await freePort()}`,
  'a black hole': async (scope) => (await withBlackHole(scope)).address,
  'the gateway itself': (_scope, own) => Promise.resolve(`127.0.0.1:${own}`),
};

for (const [what, advertised] of Object.entries(wrong)) {
  etcdTest(
    `the seed goes on while the cluster advertises ${what}, until that is mended`,
    scoped(
      async (scope) => {
        const etcd = await Misadvertised.create(scope);
        const port = await freePort();
        const address = await advertised(scope, port);
        etcd.start(address);
        const { gateway, admin } = await withDiscovery(scope, etcd.member.clientAddress, port);
        const line = await gateway.logged(leadsNowhere, { timeoutMs: 20_000 });
        assert.match(String(line.reason), address.replace(/:.*/, ''));
        await serves(scope, port);
        const status = await runProgram(['status', '--admin', admin]);
        assert.is(status.code, 0);
        assert.match(status.stdout.replace(/\s+/g, ' '), address.replace(/:.*/, ''));

        await etcd.member.stop();
        etcd.start(etcd.member.clientAddress);
        await gateway.logged(leadsSomewhere, { timeoutMs: 20_000 });
        await serves(scope, port);
      },
      { timeoutMs: 60_000 },
    ),
  );
}

etcdTest(
  'a cluster that advertises a wrong address later on is served where it was',
  scoped(
    async (scope) => {
      const etcd = await Misadvertised.create(scope);
      etcd.start(etcd.member.clientAddress);
      const port = await freePort();
      const { gateway } = await withDiscovery(scope, etcd.member.clientAddress, port);
      await gateway.logged('discovery answered', { timeoutMs: 20_000 });
      await serves(scope, port);
      await etcd.member.stop();
      etcd.start(`127.0.0.99:${etcd.member.clientPort}`);
      await gateway.logged(leadsNowhere, { timeoutMs: 20_000 });
      await serves(scope, port);
    },
    { timeoutMs: 60_000 },
  ),
);

test(
  'sessions outlive a member list that leads nowhere, whatever drain-timeout',
  scoped(async (scope) => {
    const etcd = await withFakeEtcd(scope);
    const [old, next] = [await withNamedOne(scope, 'old'), await withNamedOne(scope, 'next')];
    const member = (address: string): object => ({
      ...{ ID: '1', name: 'infra0', clientURLs: [`http://${address}`] },
    });
    etcd.members = [member(old.address)];
    const port = await freePort();
    const { gateway } = await withDiscovery(scope, etcd.address, port);
    await gateway.logged('reconfigured', { timeoutMs: 5_000 }).catch(() => undefined);
    await until(async () => (await shares(port, 1)).old === 1, { what: 'the member' });
    const session = await openSession(scope, port);
    etcd.members = [member(`127.0.0.99:${next.port}`)];
    await gateway.logged(leadsNowhere);
    assert.equal(await shares(port, 4), { old: 4 });
    const reads = etcd.requests.length;
    await until(() => etcd.requests.length > reads + 4, { what: 'more answers' });
    assert.is(await session.says('still here'), 'still here');
    etcd.members = [member(next.address)];
    await gateway.logged(leadsSomewhere);
    await until(async () => (await shares(port, 4)).next === 4, { what: 'the next member' });
    await until(() => session.ended(), { what: 'the drain' });
  }),
);

test(
  'SRV records that lead nowhere replace nothing, until one of them takes a connection',
  scoped(async (scope) => {
    const old = await withNamedOne(scope, 'old');
    const { zone, port, gateway } = await withDiscovering(scope, [old], { 'drain-timeout': '1s' });
    const session = await openSession(scope, port);
    const dead = await freePort();
    zone.records = targets({ port: dead }, { port: await freePort() });
    await gateway.logged(leadsNowhere);
    assert.equal(await shares(port, 4), { old: 4 });
    assert.is(await session.says('still here'), 'still here');
    const late = await withNamedOne(scope, 'late', { port: dead });
    await gateway.logged(leadsSomewhere);
    await until(async () => (await shares(port, 4)).old === undefined, { what: 'the new target' });
    await late.close();
  }),
);

test(
  'where what ran is dead too, the new answer is used',
  scoped(async (scope) => {
    const old = await withNamedOne(scope, 'old');
    const { zone, port, gateway } = await withDiscovering(scope, [old]);
    await old.close();
    const dead = await freePort();
    zone.records = targets({ port: dead });
    await gateway.logged(leadsNowhere);
    await withNamedOne(scope, 'next', { port: dead });
    await until(async () => (await shares(port, 1)).next === 1, { what: 'the new target' });
  }),
);

test(
  'the addresses of a host name go on while those that follow them take no connection',
  scoped(async (scope) => {
    const old = await withNamedOne(scope, 'old');
    const name = 'etcd.example.test';
    const { zone, port, gateway } = await withZone(scope, [a(name, '127.0.0.1', 1)], {
      ...{ endpoints: [`${name}:${old.port}`], 'drain-timeout': '1s' },
    });
    const session = await openSession(scope, port);
    zone.records = [a(name, '127.0.0.99', 1)];
    await gateway.logged(leadsNowhere, { where: ({ host }) => host === `${name}:${old.port}` });
    assert.equal(await shares(port, 4), { old: 4 });
    assert.is(await session.says('still here'), 'still here');
    await withNamedOne(scope, 'next', { host: '127.0.0.99', port: old.port });
    await gateway.logged(leadsSomewhere);
    await until(async () => (await shares(port, 4)).next === 4, { what: 'the new address' });
  }),
);

test(
  'a first SRV answer that leads nowhere does not replace the endpoints of a reload before it',
  scoped(async (scope) => {
    const old = await withNamedOne(scope, 'old');
    const dead = await freePort();
    const { port, gateway, dns } = await withZone(
      scope,
      [
        srv(srvName, 'infra.example.test', dead, { ttl: 1 }),
        a('infra.example.test', '127.0.0.1', 1),
      ],
      { endpoints: [old.address] },
    );
    const main = { 'discovery-srv': 'example.test', 'insecure-discovery': true };
    await gateway.edit({
      gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, ...main } },
      dns: { servers: [dns.address], 'min-ttl': '1s', timeout: '300ms' },
    });
    await gateway.logged(leadsNowhere);
    assert.equal(await shares(port, 4), { old: 4 });
  }),
);

test.run();
