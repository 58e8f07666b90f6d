import type { Address } from './address.js';
import type { Endpoint } from './endpoint.js';

/**
 * What the user asked for, after validation: defaults filled in, units in the names, frozen.
 * The schema (`schemas/gateway.schema.json`) documents each key.
 */
export interface Config {
  readonly gateways: readonly GatewayConfig[];
  readonly dns: DnsSettings;
  readonly reload: ReloadSettings;
  readonly shutdown: ShutdownSettings;
  readonly log: LogSettings;
  readonly admin: AdminSettings;
}

export interface GatewayConfig {
  readonly name: string;
  readonly listen: readonly Address[];
  /** The full set without discovery; the seeds beside one. */
  readonly endpoints: readonly Endpoint[];
  readonly srvDiscovery: SrvDiscoverySettings | undefined;
  readonly memberDiscovery: MemberDiscoverySettings | undefined;
  readonly settings: GatewaySettings;
}

export interface GatewaySettings {
  readonly retryDelayMs: number;
  readonly connectTimeoutMs: number;
  /** 0: the next upstream is dialed only after the one before has failed. */
  readonly dialStaggerMs: number;
  /** 0: off. */
  readonly firstByteTimeoutMs: number;
  /** Idle time before TCP keepalive probes; 0: off. */
  readonly keepaliveMs: number;
  /** How long bytes may stay unacknowledged (TCP_USER_TIMEOUT); 0: the kernel's own limit. */
  readonly userTimeoutMs: number;
  /** Binds listeners to addresses that this machine does not have yet. */
  readonly freebind: boolean;
  /** 0: off. */
  readonly idleTimeoutMs: number;
  /** 0: off. */
  readonly maxSessionAgeMs: number;
  /** 0: only the file-descriptor limit. */
  readonly maxSessions: number;
  /** 0: removed endpoints keep their sessions for as long as these last. */
  readonly drainTimeoutMs: number;
  /** 0: a returned upstream takes its full share at once. */
  readonly slowStartMs: number;
  readonly balancer: Balancer;
  readonly onEject: 'keep' | 'close';
  readonly healthCheck: HealthCheckSettings;
  /** Undefined: off. */
  readonly rebalance: RebalanceSettings | undefined;
  /** CIDR blocks; empty: everybody. */
  readonly allow: readonly string[];
  /** CIDR blocks; wins over `allow`. */
  readonly deny: readonly string[];
  /** File mode of unix sockets, as 0o660. */
  readonly listenMode: number;
}

export type Balancer = 'round-robin' | 'least-sessions' | 'random-two';

export interface HealthCheckSettings {
  readonly type: 'none' | 'tcp' | 'tls' | 'etcd';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  /** Instead of the endpoint's own; undefined: that one. */
  readonly port?: number | undefined;
  readonly tls: TlsFiles | undefined;
}

/** Paths, read when they are used, so that renewed certificates are taken up. */
export interface TlsFiles {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly serverName: string | undefined;
}

export interface RebalanceSettings {
  /** 0.2: session counts may differ from an even share by a fifth. */
  readonly toleranceRatio: number;
  readonly quietForMs: number;
  readonly maxPerSecond: number;
}

export interface SrvDiscoverySettings {
  readonly domain: string;
  /** Inserted into the service name as `-NAME`; empty: none. */
  readonly serviceName: string;
  /** Also plaintext names, and no TLS verification of targets. */
  readonly insecure: boolean;
  /** PEM file; undefined: the system's roots. */
  readonly trustedCaFile: string | undefined;
}

export interface MemberDiscoverySettings {
  readonly intervalMs: number;
  readonly tls: TlsFiles | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
}

export interface DnsSettings {
  /** `host:port`; empty: the system's resolv.conf. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  /** Whether it is not by default: else that of resolv.conf counts before it. */
  readonly isTimeoutWritten?: boolean;
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  /** How long what has left the answers stays. */
  readonly holdMs: number;
}

export interface ReloadSettings {
  readonly watch: boolean;
  readonly quietPeriodMs: number;
}

export interface ShutdownSettings {
  readonly drainTimeoutMs: number;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'auto' | 'text' | 'json';
  /** Whether each session's end is a line at info; absent: no. */
  readonly sessions?: boolean;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface AdminSettings {
  /** Undefined: off. */
  readonly listen: Address | undefined;
  /** Whether the user wrote the address: then a busy one is an error, else a warning. */
  readonly explicit: boolean;
  /** The default address, where the configuration has another use for it: then there is no admin server. */
  readonly taken?: AdminTaken;
  /** Further addresses that the user wrote, with the same token file. */
  readonly others?: readonly AdminSettings[];
  readonly tokenFile: string | undefined;
}

export interface AdminTaken {
  readonly address: string;
  /** The key, or flag, that names it. */
  readonly by: string;
}

/** One mistake in a configuration, as a person needs it; `path` is `gateways.main.endpoints[1]`. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly what: string;
  /** What to write instead; empty where nothing sensible can be said. */
  readonly hint: string;
}
