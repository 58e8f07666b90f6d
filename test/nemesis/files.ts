import type { EtcdMember } from '../support/etcd.js';
import type { FileContent, SrvContent } from './schedule.js';

/** The gateway's file. Only the first gateway's endpoints and settings ever change. */
export function configuration(
  content: FileContent,
  members: readonly string[],
  ports: readonly number[],
  dns: string,
): string {
  const [byFile, bySrv, byMembers] = ports.map((port) => `127.0.0.1:${port}`);
  const endpoints = content === 'one less' ? members.slice(1) : members;
  const gateways = {
    'by-file': {
      ...{ 'listen-addr': byFile, endpoints, 'first-byte-timeout': '2s', 'retry-delay': '2s' },
      ...(content === 'other settings' ? otherSettings : {}),
    },
    'by-srv': {
      ...{ 'listen-addr': bySrv, 'discovery-srv': domain, 'insecure-discovery': true },
      ...{ 'on-eject': 'close', 'retry-delay': '2s' },
      'health-check': { type: 'etcd', interval: '1s', timeout: '500ms' },
    },
    'by-members': {
      ...{ 'listen-addr': byMembers, endpoints: members, balancer: 'least-sessions' },
      ...{ 'member-discovery': { interval: '1s' }, 'retry-delay': '2s' },
      rebalance: { tolerance: '20%', 'quiet-for': '1s', 'max-per-second': 2 },
    },
  };
  const text = JSON.stringify({
    gateways,
    dns: { servers: [dns], timeout: '500ms', 'min-ttl': '1s', 'max-ttl': '2s' },
    shutdown: { 'drain-timeout': '500ms' },
    log: { level: 'info', format: 'json' },
    admin: { 'listen-addr': 'off' },
  });
  return content === 'broken' ? text.replace('listen-addr', 'listen-adr') : text;
}

const otherSettings = {
  ...{ balancer: 'random-two', 'on-eject': 'close', 'slow-start': '1s', 'drain-timeout': '2s' },
  ...{ keepalive: '5s', 'dial-stagger': '100ms', 'max-session-age': '5s' },
};

const domain = 'cluster.test';

/** Lines for dnsmasq; priorities count from the first member, whoever that is. */
export function srvRecords(content: SrvContent, members: readonly EtcdMember[]): string[] {
  const named = content === 'one less' ? members.slice(0, -1) : members;
  return named.flatMap(({ name, clientPort }, index) => {
    const [priority, weight] = content === 'weighted' ? [index % 2, 10 * index] : [0, 1];
    const service = `_etcd-client._tcp.${domain}`;
    return [
      `srv-host=${service},${name}.${domain},${clientPort},${priority},${weight}`,
      `host-record=${name}.${domain},127.0.0.1`,
    ];
  });
}
