import type { Config, GatewayConfig } from '../model/config.js';
import type { DesiredGateway, DesiredState } from '../model/desired-state.js';
import { endpointKey, type Endpoint } from '../model/endpoint.js';
import type { EndpointSnapshot } from '../model/ports.js';

/** What a gateway's discovery last answered; undefined: it has none, or it has never answered. */
export type SnapshotOf = (gateway: string) => EndpointSnapshot | undefined;

/** Whether a person drains an endpoint at run time. */
export type IsDrained = (gateway: string, endpoint: string) => boolean;

/**
 * The desired state out of the configuration and what the discoveries know.
 *
 * A gateway with a discovery runs on its answer. Before the first one it runs on its seeds, and
 * where it has none on what it ran on before: a pool that has served is never emptied by silence.
 * A discovery that answers while this goes on triggers another run.
 */
export function merge(
  config: Config,
  snapshotOf: SnapshotOf,
  current: DesiredState | undefined,
  isDrained: IsDrained = () => false,
): DesiredState {
  const { dns, reload, shutdown, log, admin } = config;
  const gateways = new Map<string, DesiredGateway>();
  for (const gateway of config.gateways) {
    const { name } = gateway;
    const endpoints = chooseEndpoints(gateway, snapshotOf(name), current?.gateways.get(name));
    const drainedHere = (endpoint: string): boolean => isDrained(name, endpoint);
    gateways.set(name, mergeGateway(gateway, uniqueByKey(endpoints, drainedHere)));
  }
  return Object.freeze({
    gateways,
    process: Object.freeze({ dns, reload, shutdown, log, admin }),
  });
}

function mergeGateway(config: GatewayConfig, endpoints: readonly Endpoint[]): DesiredGateway {
  const { name, listen, settings } = config;
  const discovery = { srv: config.srvDiscovery, members: config.memberDiscovery };
  return Object.freeze({ name, listen, settings, endpoints, discovery });
}

function chooseEndpoints(
  config: GatewayConfig,
  snapshot: EndpointSnapshot | undefined,
  current: DesiredGateway | undefined,
): readonly Endpoint[] {
  if (!config.srvDiscovery && !config.memberDiscovery) return config.endpoints;
  if (snapshot) return config.memberDiscovery ? asWritten(config, snapshot) : snapshot.endpoints;
  if (config.endpoints.length > 0) return config.endpoints;
  return current?.endpoints ?? [];
}

/** What is written for a member's very address holds, and follows a reload; shares stay discovered. */
function asWritten(
  { endpoints: seeds }: GatewayConfig,
  { endpoints: members }: EndpointSnapshot,
): readonly Endpoint[] {
  const written = new Map(seeds.map((seed) => [endpointKey(seed), seed]));
  return members.map((member) => {
    const { maxSessions, drain } = written.get(endpointKey(member)) ?? member;
    return { ...member, maxSessions, drain };
  });
}

/** The first of each key stays: sources list their preferred one first. */
function uniqueByKey(
  endpoints: readonly Endpoint[],
  isDrained: (endpoint: string) => boolean,
): readonly Endpoint[] {
  const byKey = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const key = endpointKey(endpoint);
    if (!byKey.has(key)) byKey.set(key, drainedByHand(endpoint, isDrained(key)));
  }
  return Object.freeze([...byKey.values()]);
}

/** What its source says, unless a person drains it. It may come from what runs, and be drained there. */
function drainedByHand(endpoint: Endpoint, isDrained: boolean): Endpoint {
  const { byHand, ...plain } = endpoint;
  if (isDrained && (byHand || !endpoint.drain)) return { ...plain, drain: true, byHand: true };
  return byHand ? { ...plain, drain: false } : endpoint;
}
