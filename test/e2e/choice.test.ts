import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { mainGateway } from '../support/gateway-config.js';
import { withGateway, type ConfigObject } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream, type Upstream } from '../support/upstream.js';

const test = suite('choice of an endpoint');

async function upstreams(scope: Scope, count = 3): Promise<Upstream[]> {
  const names = Array.from({ length: count }, (_, index) => `infra${index}`);
  return Promise.all(names.map(async (name) => withUpstream(scope, { behaviour: identity(name) })));
}

/** How many of `count` sessions each endpoint got. */
async function shares(port: number, count: number): Promise<Record<string, number>> {
  const shares: Record<string, number> = {};
  for (let session = 0; session < count; session++) {
    const name = (await whoAnswers(port)) ?? 'nobody';
    shares[name] = (shares[name] ?? 0) + 1;
  }
  return shares;
}

async function sharesOf(
  scope: Scope,
  objects: (all: readonly Upstream[]) => ConfigObject[],
  count: number,
): Promise<Record<string, number>> {
  const port = await freePort();
  const endpoints = objects(await upstreams(scope));
  await withGateway(scope, { config: mainGateway(port, endpoints) });
  return shares(port, count);
}

test(
  'equal weights get equal shares, exactly',
  scoped(async (scope) => {
    const objects = (all: readonly Upstream[]) =>
      all.map(({ address }) => ({ addr: address, weight: 1 }));
    assert.equal(await sharesOf(scope, objects, 30), { infra0: 10, infra1: 10, infra2: 10 });
  }),
);

test(
  'weights of 2, 1 and 1 get a half and two quarters',
  scoped(async (scope) => {
    const objects = (all: readonly Upstream[]) =>
      all.map(({ address }, index) => ({ addr: address, weight: index === 0 ? 2 : 1 }));
    const got = await sharesOf(scope, objects, 200);
    assert.ok(near(got.infra0, 100) && near(got.infra1, 50) && near(got.infra2, 50), show(got));
  }),
);

test(
  'only the lowest priority that is alive gets sessions',
  scoped(async (scope) => {
    const [first, second, third] = await upstreams(scope);
    if (!first || !second || !third) throw new Error('three upstreams are wanted');
    const port = await freePort();
    const endpoints = [first, second, third].map(({ address }, priority) => ({
      ...{ addr: address, priority: priority + 1, weight: 0 },
    }));
    await withGateway(scope, { config: mainGateway(port, endpoints, { 'retry-delay': '200ms' }) });
    assert.equal(await shares(port, 12), { infra0: 12 });
    await first.close();
    assert.equal(await shares(port, 12), { infra1: 12 });
    await first.listen();
    await until(async () => (await whoAnswers(port)) === 'infra0', { what: 'infra0 to be back' });
  }),
);

test(
  'weights and priorities of SRV records count, also where all weights are 0',
  scoped(async (scope) => {
    const [first, second, third] = await upstreams(scope);
    if (!first || !second || !third) throw new Error('three upstreams are wanted');
    const domain = 'example.test';
    const record = ({ port }: Upstream, priority: number) =>
      srv(`_etcd-client._tcp.${domain}`, 'localhost', port, { priority, weight: 0 });
    const zone = new Zone([record(first, 1), record(second, 1), record(third, 2)]);
    const dns = await DnsTestServer.start(zone.respond);
    scope.defer(async () => dns.close());
    const port = await freePort();
    const discovery = { 'discovery-srv': domain, 'insecure-discovery': true };
    await withGateway(scope, {
      config: { ...mainGateway(port, [], discovery), dns: { servers: [dns.address] } },
    });
    await until(async () => whoAnswers(port), { what: 'the first answer' });
    const got = await shares(port, 100);
    assert.is(got.infra2, undefined);
    assert.ok(near(got.infra0, 50) && near(got.infra1, 50), show(got));
  }),
);

test(
  'without a usable SRV record no other address is made up',
  scoped(async (scope) => {
    const dns = await DnsTestServer.start(new Zone().respond);
    scope.defer(async () => dns.close());
    const port = await freePort();
    const gateway = await withGateway(scope, {
      config: {
        ...mainGateway(port, [], { 'discovery-srv': 'example.test', 'insecure-discovery': true }),
        dns: { servers: [dns.address] },
      },
      ready: false,
    });
    await gateway.logged('discovery failed, it has not answered yet');
    assert.is(await whoAnswers(port), undefined);
    await gateway.logged('client refused, no endpoint takes sessions');
    assert.not.match(gateway.stderr, '127.0.0.1:2379');
  }),
);

function near(count: number | undefined, wanted: number): boolean {
  return count !== undefined && Math.abs(count - wanted) <= wanted * 0.35;
}

function show(shares: Record<string, number>): string {
  return JSON.stringify(shares);
}

test.run();
