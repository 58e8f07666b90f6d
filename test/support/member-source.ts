import { lookup } from 'node:dns/promises';

import { parseEndpointAddress } from '../../src/model/address.js';
import { systemClock } from '../../src/model/clock.js';
import type { MemberDiscoverySettings } from '../../src/model/config.js';
import { formatEndpoints, type Endpoint } from '../../src/model/endpoint.js';
import type { GatewayEvent } from '../../src/model/events.js';
import type { Clock, HostAddresses } from '../../src/model/ports.js';
import { MemberSource } from '../../src/sources/members.js';
import type { IsSelf } from '../../src/sources/reach.js';
import { MemberClient } from '../../src/sources/members-client.js';
import type { Scope } from './scope.js';

export interface WatchedSource {
  readonly source: MemberSource;
  readonly events: GatewayEvent[];
  /** Seeds from now on. */
  seeds: readonly string[];
  readonly triggers: () => number;
  /** The last good answer as text; empty before the first. */
  readonly endpoints: () => readonly string[];
}

export interface SourceOptions extends Partial<MemberDiscoverySettings> {
  readonly seeds: readonly string[];
  readonly clock?: Clock;
  readonly hosts?: HostAddresses;
  readonly isSelf?: IsSelf;
}

/** A member source with what it says, closed when the test ends. */
export function withMemberSource(scope: Scope, options: SourceOptions): WatchedSource {
  const { clock = systemClock, hosts = systemHosts, isSelf = () => false, ...rest } = options;
  const { seeds, ...settings } = rest;
  const events: GatewayEvent[] = [];
  let triggers = 0;
  const plain = { intervalMs: 50, tls: undefined, username: undefined, passwordFile: undefined };
  const asked = { ...plain, ...settings };
  const source = new MemberSource({
    gateway: 'main',
    settings: asked,
    client: new MemberClient(asked, clock),
    seeds: () => watched.seeds.map(endpointAt),
    ...{ hosts, clock, random: Math.random, isSelf },
    observer: (event) => void events.push(event),
    trigger: () => {
      triggers++;
    },
  });
  const watched: WatchedSource = {
    ...{ source, events, seeds },
    triggers: () => triggers,
    endpoints: () => formatEndpoints(source.snapshot()?.endpoints ?? []),
  };
  scope.defer(async () => source.close());
  return watched;
}

export function endpointAt(text: string): Endpoint {
  const parsed = parseEndpointAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return { address: parsed.value, weight: 1, priority: 0, maxSessions: 0, drain: false };
}

/** Names as this machine resolves them. */
const systemHosts: HostAddresses = {
  track: (host, changed) => {
    const tracked = {
      addresses: [] as string[],
      settled: false,
      error: undefined as string | undefined,
    };
    const settle = (): void => {
      tracked.settled = true;
      changed();
    };
    void lookup(host, { all: true, family: 4 })
      .then((found) => void (tracked.addresses = found.map(({ address }) => address)))
      .catch((error: unknown) => void (tracked.error = String(error)))
      .finally(settle);
    return Object.assign(tracked, { close: () => undefined });
  },
};
