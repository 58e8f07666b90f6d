import { parseListenAddress, type Address } from '../../src/model/address.js';
import type {
  AdminSettings,
  Config,
  GatewayConfig,
  GatewaySettings,
} from '../../src/model/config.js';
import type { DesiredGateway, DesiredState } from '../../src/model/desired-state.js';
import type { Endpoint } from '../../src/model/endpoint.js';

/** The defaults of the schema. */
export const defaultSettings: GatewaySettings = {
  retryDelayMs: 60_000,
  connectTimeoutMs: 2_000,
  dialStaggerMs: 250,
  firstByteTimeoutMs: 10_000,
  keepaliveMs: 15_000,
  userTimeoutMs: 30_000,
  freebind: false,
  idleTimeoutMs: 0,
  maxSessionAgeMs: 0,
  maxSessions: 0,
  drainTimeoutMs: 0,
  slowStartMs: 0,
  balancer: 'round-robin',
  onEject: 'keep',
  healthCheck: {
    type: 'none',
    intervalMs: 5_000,
    timeoutMs: 2_000,
    rise: 1,
    fall: 2,
    port: undefined,
    tls: undefined,
  },
  rebalance: undefined,
  allow: [],
  deny: [],
  listenMode: 0o660,
};

export function settingsWith(changes: Partial<GatewaySettings> = {}): GatewaySettings {
  return { ...defaultSettings, ...changes };
}

/** `host:port`, `[v6]:port` or `unix:/path`, of an endpoint or a listener. */
export function addressOf(text: string): Address {
  const parsed = parseListenAddress(text);
  if (!parsed.ok) throw new Error(`${parsed.problem} (${parsed.hint})`);
  return parsed.value;
}

export function endpointAt(address: string, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    address: addressOf(address),
    weight: 1,
    priority: 0,
    maxSessions: 0,
    drain: false,
    ...changes,
  };
}

/** Texts are addresses with nothing said beside. */
export function endpointsAt(...endpoints: readonly (string | Endpoint)[]): readonly Endpoint[] {
  return endpoints.map((one) => (typeof one === 'string' ? endpointAt(one) : one));
}

export function gatewayConfig(changes: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    name: 'main',
    listen: [addressOf('127.0.0.1:23790')],
    endpoints: [],
    srvDiscovery: undefined,
    memberDiscovery: undefined,
    settings: defaultSettings,
    ...changes,
  };
}

/** The default of the schema; elsewhere here there is no admin server. */
export const defaultAdmin: AdminSettings = {
  listen: { kind: 'tcp', host: '127.0.0.1', port: 23791 },
  explicit: false,
  tokenFile: undefined,
};

const processSettings: Omit<Config, 'gateways'> = {
  dns: { servers: [], timeoutMs: 2_000, minTtlMs: 5_000, maxTtlMs: 3_600_000, holdMs: 0 },
  reload: { watch: true, quietPeriodMs: 100 },
  shutdown: { drainTimeoutMs: 30_000 },
  log: { level: 'info', format: 'auto', sessions: false },
  admin: { listen: undefined, explicit: false, tokenFile: undefined },
};

export function configOf(...gateways: readonly GatewayConfig[]): Config {
  return { ...processSettings, gateways };
}

export function desiredGateway(changes: Partial<DesiredGateway> = {}): DesiredGateway {
  const { name, listen, endpoints, settings } = gatewayConfig();
  const discovery = { srv: undefined, members: undefined };
  return { ...{ name, listen, endpoints, settings, discovery }, ...changes };
}

export function desiredState(...gateways: readonly DesiredGateway[]): DesiredState {
  const { dns, reload, shutdown, log, admin } = processSettings;
  return {
    gateways: new Map(gateways.map((gateway) => [gateway.name, gateway])),
    process: { dns, reload, shutdown, log, admin },
  };
}
