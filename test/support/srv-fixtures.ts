import type { SrvDiscoverySettings } from '../../src/model/config.js';

export function srvSettings(changes: Partial<SrvDiscoverySettings> = {}): SrvDiscoverySettings {
  return {
    domain: 'example.test',
    serviceName: '',
    insecure: true,
    trustedCaFile: undefined,
    ...changes,
  };
}
