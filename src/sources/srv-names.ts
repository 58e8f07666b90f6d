import type { SrvDiscoverySettings } from '../model/config.js';

/** One SRV name to ask for. */
export interface SrvName {
  readonly name: string;
  readonly secure: boolean;
}

/**
 * The names of RFC 2782 as etcd forms them (client/pkg/srv, `GetSRVService`), secure one first;
 * the plaintext one counts only where the discovery need not be secure.
 */
export function srvNames(settings: SrvDiscoverySettings): readonly SrvName[] {
  const suffix = settings.serviceName === '' ? '' : `-${settings.serviceName}`;
  const domain = discoveryDomain(settings);
  const secure = { name: `_etcd-client-ssl${suffix}._tcp.${domain}`, secure: true };
  const plain = { name: `_etcd-client${suffix}._tcp.${domain}`, secure: false };
  return settings.insecure ? [secure, plain] : [secure];
}

/** Lower case, without the final dot. */
export function discoveryDomain(settings: SrvDiscoverySettings): string {
  return settings.domain.replace(/\.$/, '').toLowerCase();
}
