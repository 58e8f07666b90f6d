import type { ConfigObject } from './gateway.js';

/** A configuration of one gateway, `main`; keys as in the file. */
export function mainGateway(
  port: number,
  endpoints: readonly (string | ConfigObject)[],
  more: ConfigObject = {},
): ConfigObject {
  return { gateways: { main: { 'listen-addr': `127.0.0.1:${port}`, endpoints, ...more } } };
}
