import { BlockList, isIP, isIPv6 } from 'node:net';

import { withoutZone } from './zones.js';

/** RFC 6761 section 6.3: every name under localhost is loopback. */
export function isLoopback(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host) || matches(loopback, host);
}

/** False for host names. */
export function isLinkLocal(host: string): boolean {
  return matches(linkLocal, host);
}

/** False for host names. */
export function isUnspecified(host: string): boolean {
  return matches(unspecified, host);
}

/**
 * Why another machine must not lead this one to an address, which is a literal: it means something else
 * here than there. Undefined: it may.
 */
export function whyNotFromAfar(host: string): string | undefined {
  if (host === ownName) return undefined;
  if (isLoopback(host)) return `${host} is a loopback address`;
  if (isUnspecified(host)) return `${host} is a wildcard address`;
  return isLinkLocal(host) ? `${host} is a link-local address` : undefined;
}

/** What Debian's hosts file says of the machine's own name. */
const ownName = '127.0.1.1';

const loopback = blockList(['127.0.0.0', 8], ['::1', 128]);
const linkLocal = blockList(['169.254.0.0', 16], ['fe80::', 10]);
const unspecified = blockList(['0.0.0.0', 8], ['::', 128]);

function blockList(...subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
  return list;
}

/** Also for IPv4 addresses mapped into IPv6. */
function matches(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(withoutZone(host), isIPv6(host) ? 'ipv6' : 'ipv4');
}
