import { addressKey, type Address } from './address.js';

/** A declared or discovered address with its share; plain data. */
export interface Endpoint {
  readonly address: Address;
  /** Share among endpoints of one priority (RFC 2782): 0 to 65535; 0 means "hardly ever". */
  readonly weight: number;
  /** Lower is preferred; a higher one serves only while no lower one is alive (RFC 2782). */
  readonly priority: number;
  /** Largest number of sessions; 0: no limit. */
  readonly maxSessions: number;
  /** Takes no new sessions, keeps those it has. */
  readonly drain: boolean;
  /**
   * A discovery on another machine has named it, and it is no seed: its name must not lead to addresses that
   * mean this machine.
   */
  readonly isFromAfar?: boolean;
  /** `drain` is on by `etcd-gateway drain`, unlike its source says. */
  readonly byHand?: true;
}

/** What identifies an endpoint across reloads: its address alone. */
export function endpointKey(endpoint: Endpoint): string {
  return addressKey(endpoint.address);
}

/** Endpoints as people read them in one log field. */
export function formatEndpoints(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.map(endpointKey);
}
