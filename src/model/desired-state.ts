import type { Address } from './address.js';
import type {
  AdminSettings,
  DnsSettings,
  GatewaySettings,
  LogSettings,
  MemberDiscoverySettings,
  ReloadSettings,
  ShutdownSettings,
  SrvDiscoverySettings,
} from './config.js';
import type { Endpoint } from './endpoint.js';

/** What should run: configuration and discovered endpoints merged into one frozen value. */
export interface DesiredState {
  readonly gateways: ReadonlyMap<string, DesiredGateway>;
  readonly process: ProcessSettings;
}

export interface DesiredGateway {
  readonly name: string;
  readonly listen: readonly Address[];
  /** In the order of the rotation, no two with one key. */
  readonly endpoints: readonly Endpoint[];
  readonly settings: GatewaySettings;
  readonly discovery: DiscoverySettings;
}

/** Which discoveries feed the gateway; their answers are in `endpoints`. */
export interface DiscoverySettings {
  readonly srv: SrvDiscoverySettings | undefined;
  readonly members: MemberDiscoverySettings | undefined;
}

/** Settings that belong to no gateway. */
export interface ProcessSettings {
  readonly dns: DnsSettings;
  readonly reload: ReloadSettings;
  readonly shutdown: ShutdownSettings;
  readonly log: LogSettings;
  readonly admin: AdminSettings;
}
