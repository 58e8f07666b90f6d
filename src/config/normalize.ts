import { parseEndpointAddress, parseListenAddress } from '../model/address.js';
import type {
  AdminSettings,
  AdminTaken,
  Config,
  GatewayConfig,
  GatewaySettings,
  HealthCheckSettings,
  MemberDiscoverySettings,
  RebalanceSettings,
  SrvDiscoverySettings,
  TlsFiles as TlsFilesModel,
} from '../model/config.js';
import type { Endpoint } from '../model/endpoint.js';
import { fillDefaults } from './defaults.js';
import { parseDuration } from './duration.js';
import { deepFreeze } from './freeze.js';
import {
  parseAdminAddress,
  parseCidr,
  parseDnsServer,
  parseFileMode,
  parsePercentage,
  valueOf,
} from './formats.js';
import type { SchemaNode } from './schema-node.js';
import {
  schema,
  type Admin,
  type EndpointEntry,
  type Gateway,
  type GatewayFile,
  type HealthCheck,
  type MemberDiscovery,
  type Rebalance,
  type TlsFiles,
} from './schema.generated.js';

/** Keys that the user has written, where that makes a difference. */
export interface Written {
  readonly adminAddress: boolean;
  /** See `AdminSettings`. */
  readonly adminTaken?: AdminTaken | undefined;
  readonly dnsTimeout: boolean;
}

const nothingWritten: Written = { adminAddress: false, dnsTimeout: false };

/** A valid file with defaults filled in, as the frozen model. */
export function normalize(file: GatewayFile, written = nothingWritten): Config {
  return deepFreeze({
    gateways: Object.entries(file.gateways).map(([name, gateway]) => toGateway(name, gateway)),
    dns: {
      servers: file.dns.servers.map((text) => valueOf(parseDnsServer(text))),
      timeoutMs: ms(file.dns.timeout),
      ...(written.dnsTimeout && { isTimeoutWritten: true }),
      minTtlMs: ms(file.dns['min-ttl']),
      maxTtlMs: ms(file.dns['max-ttl']),
      holdMs: ms(file.dns.hold),
    },
    reload: { watch: file.reload.watch, quietPeriodMs: ms(file.reload['quiet-period']) },
    shutdown: { drainTimeoutMs: ms(file.shutdown['drain-timeout']) },
    log: { level: file.log.level, format: file.log.format, sessions: file.log.sessions },
    admin: toAdmin(file.admin, written),
  });
}

function toAdmin(admin: Admin, { adminAddress, adminTaken }: Written): AdminSettings {
  const texts = [admin['listen-addr']].flat();
  const [listen, ...others] = texts.map((text) => valueOf(parseAdminAddress(text)));
  const rest = { explicit: adminAddress, tokenFile: admin['token-file'] };
  if (adminTaken) return { listen: undefined, ...rest, taken: adminTaken };
  if (others.length === 0) return { listen, ...rest };
  return { listen, ...rest, others: others.map((other) => ({ listen: other, ...rest })) };
}

function toGateway(name: string, gateway: Gateway): GatewayConfig {
  const members = gateway['member-discovery'];
  return {
    name,
    listen: [gateway['listen-addr']].flat().map((text) => valueOf(parseListenAddress(text))),
    endpoints: gateway.endpoints.map(toEndpoint),
    srvDiscovery: toSrvDiscovery(gateway),
    memberDiscovery: members && toMemberDiscovery(members),
    settings: toSettings(gateway),
  };
}

function toSettings(gateway: Gateway): GatewaySettings {
  return {
    retryDelayMs: ms(gateway['retry-delay']),
    connectTimeoutMs: ms(gateway['connect-timeout']),
    dialStaggerMs: ms(gateway['dial-stagger']),
    firstByteTimeoutMs: ms(gateway['first-byte-timeout']),
    userTimeoutMs: ms(gateway['tcp-user-timeout']),
    freebind: gateway['listen-freebind'],
    keepaliveMs: Math.ceil(ms(gateway.keepalive) / 1000) * 1000, // the kernel counts seconds
    idleTimeoutMs: ms(gateway['idle-timeout']),
    maxSessionAgeMs: ms(gateway['max-session-age']),
    maxSessions: gateway['max-sessions'],
    drainTimeoutMs: ms(gateway['drain-timeout']),
    slowStartMs: ms(gateway['slow-start']),
    balancer: gateway.balancer,
    onEject: gateway['on-eject'],
    healthCheck: toHealthCheck(gateway['health-check']),
    rebalance: gateway.rebalance && toRebalance(gateway.rebalance),
    allow: gateway.allow.map((text) => valueOf(parseCidr(text))),
    deny: gateway.deny.map((text) => valueOf(parseCidr(text))),
    listenMode: valueOf(parseFileMode(gateway['listen-mode'])),
  };
}

function toEndpoint(entry: EndpointEntry): Endpoint {
  if (typeof entry === 'string') return toEndpoint(spellOut(entry));
  return {
    address: valueOf(parseEndpointAddress(entry.addr)),
    weight: entry.weight,
    priority: entry.priority,
    maxSessions: entry['max-sessions'],
    drain: entry.drain,
  };
}

const endpointNode: SchemaNode = { $ref: '#/$defs/endpoint' };

/** An entry of an address alone is short for an object with nothing but defaults. */
function spellOut(addr: string): Exclude<EndpointEntry, string> {
  return fillDefaults(schema, endpointNode, { addr }) as Exclude<EndpointEntry, string>;
}

function toSrvDiscovery(gateway: Gateway): SrvDiscoverySettings | undefined {
  const domain = gateway['discovery-srv'];
  if (domain === '') return undefined;
  return {
    domain,
    serviceName: gateway['discovery-srv-name'],
    insecure: gateway['insecure-discovery'],
    trustedCaFile: gateway['trusted-ca-file'] || undefined,
  };
}

function toMemberDiscovery(members: MemberDiscovery): MemberDiscoverySettings {
  return {
    intervalMs: ms(members.interval),
    tls: members.tls && toTls(members.tls),
    username: members.username,
    passwordFile: members['password-file'],
  };
}

function toHealthCheck(check: HealthCheck): HealthCheckSettings {
  return {
    type: check.type,
    intervalMs: ms(check.interval),
    timeoutMs: ms(check.timeout),
    rise: check.rise,
    fall: check.fall,
    port: check.port,
    tls: check.tls && toTls(check.tls),
  };
}

function toRebalance(rebalance: Rebalance): RebalanceSettings {
  return {
    toleranceRatio: valueOf(parsePercentage(rebalance.tolerance)),
    quietForMs: ms(rebalance['quiet-for']),
    maxPerSecond: rebalance['max-per-second'],
  };
}

function toTls(tls: TlsFiles): TlsFilesModel {
  return {
    caFile: tls['ca-file'],
    certFile: tls['cert-file'],
    keyFile: tls['key-file'],
    serverName: tls['server-name'],
  };
}

function ms(duration: string): number {
  return valueOf(parseDuration(duration));
}
