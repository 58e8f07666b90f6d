import { withoutFinalDot } from '../model/address.js';
import type { SrvDiscoverySettings } from '../model/config.js';

/** One SRV name to ask for: `SERVICE.DOMAIN`. */
export interface SrvName {
  readonly service: string;
  /** As written, with its final dot, which turns the search off. */
  readonly name: string;
  readonly secure: boolean;
}

/**
 * The names of RFC 2782 as etcd forms them (client/pkg/srv, `GetSRVService`), secure one first;
 * the plaintext one counts only where the discovery need not be secure.
 */
export function srvNames(settings: SrvDiscoverySettings): readonly SrvName[] {
  const suffix = settings.serviceName === '' ? '' : `-${settings.serviceName}`;
  const nameOf = (kind: string, secure: boolean): SrvName => {
    const service = `${kind}${suffix}._tcp`;
    return { service, name: `${service}.${settings.domain.toLowerCase()}`, secure };
  };
  const secure = nameOf('_etcd-client-ssl', true);
  return settings.insecure ? [secure, nameOf('_etcd-client', false)] : [secure];
}

/** Lower case, without the final dot. */
export function discoveryDomain(settings: SrvDiscoverySettings): string {
  return withoutFinalDot(settings.domain).toLowerCase();
}
