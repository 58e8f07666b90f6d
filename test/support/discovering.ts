import { a, DnsTestServer, srv, Zone } from './dns-server.js';
import { withGateway, type ConfigObject, type GatewayProcess } from './gateway.js';
import { freePort } from './ports.js';
import type { Scope } from './scope.js';
import type { Upstream } from './upstream.js';

/** The plaintext name under which example.test lists its members. */
export const srvName = '_etcd-client._tcp.example.test';

/** Target of the records that `targets` makes. */
export const targetHost = a('infra.example.test', '127.0.0.1', 1);

/** A gateway that follows the SRV records of example.test, which a test changes. */
export interface Discovering {
  readonly dns: DnsTestServer;
  readonly zone: Zone;
  readonly port: number;
  readonly gateway: GatewayProcess;
}

/** Records with a TTL of a second. */
export function targets(...upstreams: readonly { readonly port: number }[]): Zone['records'] {
  const records = upstreams.map(({ port }) => srv(srvName, targetHost.name, port, { ttl: 1 }));
  return [...records, targetHost];
}

/** `more`: further keys of the gateway entry. */
export async function withDiscovering(
  scope: Scope,
  upstreams: readonly Upstream[],
  more: ConfigObject = {},
): Promise<Discovering> {
  return withZone(scope, targets(...upstreams), {
    ...{ 'discovery-srv': 'example.test', 'insecure-discovery': true },
    ...more,
  });
}

/** A gateway whose only DNS server has these records. `more`: further keys of `dns`, `other` of the file. */
export async function withZone(
  scope: Scope,
  records: Zone['records'],
  entry: ConfigObject,
  more: ConfigObject = {},
  other: ConfigObject = {},
): Promise<Discovering> {
  const zone = new Zone(records);
  const dns = await DnsTestServer.start(zone.respond);
  scope.defer(async () => dns.close());
  const port = await freePort();
  const main = { 'listen-addr': `127.0.0.1:${port}`, ...entry };
  const settings = { servers: [dns.address], 'min-ttl': '1s', timeout: '300ms', ...more };
  const gateway = await withGateway(scope, {
    config: { gateways: { main }, dns: settings, ...other },
  });
  return { dns, zone, port, gateway };
}
