import { DnsClient } from '../../src/dns/client.js';
import { HostLookup } from '../../src/dns/host-lookup.js';
import { HostsFile } from '../../src/dns/hosts-file.js';
import { parseResolvConf } from '../../src/dns/resolv-conf.js';
import { SystemLookup, type LookupAll } from '../../src/dns/system-lookup.js';
import { systemClock } from '../../src/model/clock.js';
import type { DnsSettings } from '../../src/model/config.js';
import type { GatewayEvent, Observer } from '../../src/model/events.js';
import type { Clock } from '../../src/model/ports.js';

export function dnsSettings(changes: Partial<DnsSettings> = {}): DnsSettings {
  return {
    servers: [],
    timeoutMs: 300,
    isTimeoutWritten: true,
    minTtlMs: 1_000,
    maxTtlMs: 3_600_000,
    holdMs: 0,
    ...changes,
  };
}

/** Events in order, and those of one type. */
export class Events {
  readonly all: GatewayEvent[] = [];
  readonly observe = (event: GatewayEvent): void => void this.all.push(event);

  of<T extends GatewayEvent['type']>(type: T): Extract<GatewayEvent, { type: T }>[] {
    return this.all.filter((event): event is Extract<GatewayEvent, { type: T }> => {
      return event.type === type;
    });
  }
}

export interface LookupOptions {
  readonly hostsFile?: string;
  readonly lookupAll?: LookupAll;
  readonly client?: Pick<DnsClient, 'query' | 'namesOf'>;
  readonly clock?: Clock;
}

/** A client that takes this for resolv.conf's text; this machine's own is not looked at. */
export function dnsClient(
  observer: Observer = () => undefined,
  resolvConf = 'nameserver 127.0.0.1',
): DnsClient {
  const content = parseResolvConf(resolvConf, '');
  return new DnsClient({
    ...{ clock: systemClock, observer },
    resolvConf: { content: () => Promise.resolve(content) },
  });
}

/** For a client that a test makes up: there is no search. */
export function namesOf(name: string): Promise<readonly string[]> {
  return Promise.resolve([name]);
}

/** A host look-up over the wire; nothing of this machine's own names comes in. */
export function hostLookup(options: LookupOptions = {}): HostLookup {
  const {
    hostsFile = '/nonexistent/hosts',
    lookupAll = knowsNobody,
    clock = systemClock,
  } = options;
  return new HostLookup({
    client: options.client ?? dnsClient(),
    hostsFile: new HostsFile(() => undefined, hostsFile),
    system: new SystemLookup(lookupAll, systemClock),
    clock,
  });
}

const knowsNobody: LookupAll = () =>
  Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
