import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { a, DnsTestServer, Zone } from '../support/dns-server.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../support/gateway.js';
import { withLive } from '../support/live.js';
import { freePort, freePorts } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { hang, identity, withUpstream } from '../support/upstream.js';

const test = suite('loops');

const name = 'self.example.test';
const reason = 'it is this gateway itself: its connections would go round in a loop';

type Gateways = Readonly<Record<string, ConfigObject>>;

interface Looping {
  readonly gateway: GatewayProcess;
  /** The same with other gateways. */
  readonly edit: (gateways: Gateways) => Promise<void>;
  readonly admin: number;
}

/** `name` resolves to this address: no look at the file alone can see the loop. */
async function withLoop(scope: Scope, address: string, gateways: Gateways): Promise<Looping> {
  const dns = await DnsTestServer.start(new Zone([a(name, address)]).respond);
  scope.defer(async () => dns.close());
  const admin = await freePort();
  const rest = {
    dns: { servers: [dns.address] },
    admin: { 'listen-addr': `127.0.0.1:${admin}` },
  };
  const gateway = await withGateway(scope, { config: { gateways, ...rest } });
  return { gateway, admin, edit: (other) => gateway.edit({ gateways: other, ...rest }) };
}

async function clientsAreRefused(port: number, count = 10): Promise<void> {
  for (let n = 0; n < count; n += 1) assert.is(await whoAnswers(port), undefined);
}

async function isSmallAndSaysWhy({ gateway, admin }: Looping): Promise<void> {
  const files = await readdir(`/proc/${gateway.pid}/fd`);
  assert.ok(files.length < 100, `${files.length} open files`);
  const line = await gateway.logged('endpoint taken out of rotation');
  assert.is(line.reason, reason);
  const ready = await fetch(`http://127.0.0.1:${admin}/readyz`);
  assert.is(ready.status, 503);
  assert.match(await ready.text(), reason);
}

for (const [what, address] of [
  ['a loopback address', '127.0.0.1'],
  ['another loopback address', '127.0.0.2'],
  ['an address of an interface', interfaceAddress()],
] as const) {
  if (address === undefined) continue;
  test(
    `a wildcard listener that is reached by ${what} refuses, says why, and stays small`,
    scoped(async (scope) => {
      const port = await freePort();
      const main = { 'listen-addr': `:${port}`, endpoints: [`${name}:${port}`] };
      const loop = await withLoop(scope, address, { main });
      await clientsAreRefused(port);
      await isSmallAndSaysWhy(loop);
    }),
  );
}

test(
  'through a second gateway and back is refused at the first step',
  scoped(async (scope) => {
    const [first, second] = (await freePorts(2)) as [number, number];
    const loop = await withLoop(scope, '127.0.0.1', {
      first: { 'listen-addr': `127.0.0.1:${first}`, endpoints: [`${name}:${second}`] },
      second: { 'listen-addr': `127.0.0.1:${second}`, endpoints: [`${name}:${first}`] },
    });
    await clientsAreRefused(first);
    await clientsAreRefused(second);
    await isSmallAndSaysWhy(loop);
  }),
);

test(
  'beside an endpoint that is none, clients are served by that one',
  scoped(async (scope) => {
    const alive = await withUpstream(scope, { behaviour: identity('alive') });
    const port = await freePort();
    const endpoints = [`${name}:${port}`, alive.address];
    const main = { 'listen-addr': `:${port}`, endpoints };
    const { gateway, admin } = await withLoop(scope, '127.0.0.1', { main });
    for (let n = 0; n < 10; n += 1) assert.is(await whoAnswers(port), 'alive');
    assert.is((await gateway.logged('endpoint taken out of rotation')).reason, reason);
    assert.is((await fetch(`http://127.0.0.1:${admin}/readyz`)).status, 200);
  }),
);

test(
  'an endpoint that has stopped being one, as its port is listened on no more, returns',
  scoped(async (scope) => {
    const [port, other] = (await freePorts(2)) as [number, number];
    const main = { endpoints: [`${name}:${port}`], 'retry-delay': '200ms' };
    const { gateway, edit } = await withLoop(scope, '127.0.0.1', {
      main: { 'listen-addr': `127.0.0.1:${port}`, ...main },
    });
    await clientsAreRefused(port, 2);
    await edit({ main: { 'listen-addr': `127.0.0.1:${other}`, ...main } });
    await gateway.logged('configuration applied', { where: (line) => line.generation === 2 });
    await withUpstream(scope, { behaviour: identity('alive'), port });
    await until(async () => (await whoAnswers(other)) === 'alive', { what: 'the endpoint' });
  }),
);

function interfaceAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

test(
  'clients that are held to see whether they are a loop find their endpoint though their gateway is removed',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: hang });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const removal = await live.prepare();
    for (let open = 1; open <= 16; open += 1) {
      await withClient(scope, live.port);
      await until(() => upstream.sessions.length === open, { what: 'the session', everyMs: 1 });
    }
    for (let held = 0; held < 4; held += 1) await withClient(scope, live.port);
    await until(() => live.budget.open === 20, { what: 'the others', everyMs: 1 });
    removal.commit();
    await until(() => upstream.sessions.length === 20, { what: 'their sessions' });
    assert.equal(live.closed, []);
  }),
);

test.run();
