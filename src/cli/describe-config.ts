import { formatAddress } from '../model/address.js';
import type { AdminSettings, Config, GatewayConfig } from '../model/config.js';
import { formatDuration } from '../model/duration.js';
import type { Endpoint } from '../model/endpoint.js';

export const mostEndpoints = 20; // of one gateway, in print

export type Row = readonly [label: string, text: string];

/** What a configuration would run, in aligned lines for a person. */
export function describeConfig(config: Config): readonly string[] {
  const gateways = config.gateways.flatMap((gateway) => [
    `gateway ${gateway.name}`,
    ...align(gatewayRows(gateway), '  '),
    '',
  ]);
  return [...gateways, ...align(processRows(config), '')];
}

function gatewayRows(gateway: GatewayConfig): readonly Row[] {
  return [
    ...gateway.listen.map((address): Row => ['listens on', formatAddress(address)]),
    ...endpointRows(gateway.endpoints, hasDiscovery(gateway) ? 'seed' : 'endpoint'),
    ...discoveryRows(gateway),
    ...settingRows(gateway),
  ];
}

function hasDiscovery(gateway: GatewayConfig): boolean {
  return gateway.srvDiscovery !== undefined || gateway.memberDiscovery !== undefined;
}

function endpointRows(endpoints: readonly Endpoint[], label: string): readonly Row[] {
  const shown = endpoints.slice(0, mostEndpoints).map((each): Row => [label, endpointText(each)]);
  const more = endpoints.length - shown.length;
  return more > 0 ? [...shown, ['', `and ${more} more`]] : shown;
}

function endpointText(endpoint: Endpoint): string {
  const { address, weight, priority, maxSessions, drain } = endpoint;
  return [
    formatAddress(address),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    ...(priority === 0 ? [] : [`priority ${priority}`]),
    ...(maxSessions === 0 ? [] : [`at most ${maxSessions} sessions`]),
    ...(drain ? ['draining'] : []),
  ].join(', ');
}

function discoveryRows({ srvDiscovery: srv, memberDiscovery }: GatewayConfig): readonly Row[] {
  const rows: Row[] = [];
  if (srv) {
    const name = srv.serviceName === '' ? '' : `, service name ${srv.serviceName}`;
    const trust = srv.insecure
      ? 'not verified'
      : `verified by ${srv.trustedCaFile ?? 'the system'}`;
    rows.push(['discovers', `SRV records of ${srv.domain}${name}, ${trust}`]);
  }
  if (memberDiscovery) {
    const { intervalMs, tls } = memberDiscovery;
    const how = tls ? 'over TLS' : 'in plaintext';
    rows.push(['discovers', `the member list, every ${formatDuration(intervalMs)}, ${how}`]);
  }
  return rows;
}

function settingRows({ settings }: GatewayConfig): readonly Row[] {
  const { healthCheck: check, rebalance, maxSessions } = settings;
  const rows: (Row | false)[] = [
    ['balancer', settings.balancer],
    ['retry delay', `at most ${formatDuration(settings.retryDelayMs)}`],
    check.type !== 'none' && [
      'health check',
      `${check.type}${check.port === undefined ? '' : ` on port ${check.port}`}, every ${formatDuration(check.intervalMs)}`,
    ],
    maxSessions > 0 && ['sessions', `at most ${maxSessions}`],
    settings.idleTimeoutMs > 0 && ['idle timeout', formatDuration(settings.idleTimeoutMs)],
    settings.maxSessionAgeMs > 0 && [
      'session age',
      `at most ${formatDuration(settings.maxSessionAgeMs)}`,
    ],
    settings.drainTimeoutMs > 0 && ['drain timeout', formatDuration(settings.drainTimeoutMs)],
    settings.slowStartMs > 0 && ['slow start', formatDuration(settings.slowStartMs)],
    settings.onEject === 'close' && ['on eject', 'close sessions'],
    rebalance !== undefined && [
      'rebalance',
      `beyond ${Number((rebalance.toleranceRatio * 100).toFixed(6))}%`,
    ],
    settings.allow.length > 0 && ['allow', settings.allow.join(', ')],
    settings.deny.length > 0 && ['deny', settings.deny.join(', ')],
  ];
  return rows.filter((row) => row !== false);
}

function processRows({ admin, dns, reload, shutdown, log }: Config): readonly Row[] {
  return [
    ['admin', adminText(admin)],
    ['dns', dns.servers.length > 0 ? dns.servers.join(', ') : "the system's servers"],
    ['reload', reload.watch ? 'when the file changes, and on SIGHUP' : 'on SIGHUP'],
    ['shutdown', `sessions may go on for ${formatDuration(shutdown.drainTimeoutMs)}`],
    ['log', `${log.level}, ${log.format}`],
  ];
}

function adminText({ listen, others = [], taken }: AdminSettings): string {
  const addresses = [listen, ...others.map((other) => other.listen)];
  const named = addresses.flatMap((address) => (address ? [formatAddress(address)] : []));
  if (named.length > 0) return named.join(', ');
  return taken ? `off, its default address is that of ${taken.by}` : 'off';
}

/** A label that repeats is said once. */
export function align(rows: readonly Row[], indent: string): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text], at) => {
    const shown = at > 0 && rows[at - 1]?.[0] === label ? '' : label;
    return `${indent}${shown.padEnd(width)}  ${text}`;
  });
}
