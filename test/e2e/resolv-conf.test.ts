import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers } from '../support/client.js';
import { a, DnsTestServer, srv, Zone } from '../support/dns-server.js';
import { withGateway, type GatewayOptions, type GatewayProcess } from '../support/gateway.js';
import { needsThat } from '../support/needs.js';
import { whyNoOwnFiles, withOwnFiles } from '../support/own-files.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('resolv.conf');
const mounting = needsThat(
  test,
  process.getuid?.() === 0 ? whyNoOwnFiles : 'only root may listen on port 53',
);

const inCluster = (host: string): string =>
  [
    `NameServer ${host}`,
    'search default.svc.cluster.local svc.cluster.local cluster.local',
    'options ndots:5',
    '',
  ].join('\n');

interface Machine {
  readonly zone: Zone;
  readonly dns: DnsTestServer;
  /** Overwrites its resolv.conf. */
  readonly write: (text: string) => Promise<void>;
  readonly start: (options: GatewayOptions) => Promise<GatewayProcess>;
}

/** A machine whose resolv.conf names a DNS server at this address, where queries go to port 53. */
async function withMachine(
  scope: Scope,
  host: string,
  records: Zone['records'],
  resolvConf = inCluster(host),
): Promise<Machine> {
  const zone = new Zone(records);
  const dns = await DnsTestServer.start(zone.respond, { host, port: 53 });
  scope.defer(() => dns.close());
  const folder = await scope.tempDir();
  const [file, hosts] = [join(folder, 'resolv.conf'), join(folder, 'hosts')];
  const write = (text: string): Promise<void> => writeFile(file, text);
  await write(resolvConf);
  await writeFile(hosts, '::1 both.test\n127.0.0.1 both.test\n');
  const before = withOwnFiles({ '/etc/resolv.conf': file, '/etc/hosts': hosts });
  return { zone, dns, write, start: (options) => withGateway(scope, { ...options, before }) };
}

const service = '_etcd-client._tcp.etcd.default';
const target = 'etcd-0.etcd.default.svc.cluster.local';

mounting(
  "discovery-srv follows resolv.conf's search, and a final dot turns that off",
  scoped(async (scope) => {
    const [one, two] = [
      await withUpstream(scope, { behaviour: identity('searched') }),
      await withUpstream(scope, { behaviour: identity('as it stands') }),
    ];
    const { dns, start } = await withMachine(scope, '127.0.53.1', [
      srv(`${service}.svc.cluster.local`, target, one.port),
      srv(service, target, two.port),
      a(target, '127.0.0.1'),
    ]);
    for (const [domain, expected] of [
      ['etcd.default', 'searched'],
      ['etcd.default.', 'as it stands'],
    ] as const) {
      const port = await freePort();
      const asked = dns.asked.length;
      const listen = ['--listen-addr', `127.0.0.1:${port}`, '--insecure-discovery'];
      await start({ flags: ['--discovery-srv', domain, ...listen] });
      assert.is(await whoAnswers(port), expected);
      const names = dns.asked.slice(asked).map(({ name }) => name);
      assert.is(names.includes(`${service}.default.svc.cluster.local`), expected === 'searched');
    }
  }),
);

mounting(
  "hosts of endpoints follow resolv.conf's search, which is read again when it changes",
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const { dns, write, start } = await withMachine(
      scope,
      '127.0.53.2',
      [a('etcd-0.two.test', '127.0.0.1')],
      'nameserver 127.0.53.2\nsearch one.test\n',
    );
    const port = await freePort();
    const main = { 'listen-addr': `127.0.0.1:${port}`, endpoints: [`etcd-0:${upstream.port}`] };
    const gateway = await start({
      config: { gateways: { main }, dns: { 'min-ttl': '1s', timeout: '300ms' } },
    });
    await until(() => dns.times('etcd-0.one.test', 'A') > 0, { what: 'the first search' });
    await write('nameserver 127.0.53.2\nsearch one.test two.test\n');
    await gateway.logged('host name resolves again');
    assert.is(await whoAnswers(port), 'one');
  }),
);

mounting(
  'a listener whose name has addresses of both families takes the IPv4 one',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: identity('one') });
    const { start } = await withMachine(scope, '127.0.53.3', []);
    const port = await freePort();
    const main = { 'listen-addr': `both.test:${port}`, endpoints: [`127.0.0.1:${upstream.port}`] };
    await start({ config: { gateways: { main } } });
    assert.is(await whoAnswers(port), 'one');
  }),
);

test.run();
