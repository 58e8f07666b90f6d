import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * The zone of an IPv6 address (RFC 4007, section 11) is the interface that leads to it: its name, which is
 * case-sensitive, or its number.
 */
function zoneOf(host: string): string | undefined {
  return isIPv6(host) ? /%(.*)$/.exec(host)?.[1] : undefined;
}

/** The address itself: a zone means nothing to others. */
export function withoutZone(host: string): string {
  return zoneOf(host) === undefined ? host : host.replace(/%.*$/, '');
}

/** The host as Node's sockets take it: they know a zone by its name only (libuv, `uv_ip6_addr`). */
export function nodeHost(host: string): string {
  const zone = zoneOf(host);
  const name = zone === undefined ? undefined : interfaceOf(zone);
  return name === undefined ? host : `${withoutZone(host)}%${name}`;
}

/** What is wrong with the zone of an address; undefined: nothing is, or it needs none. */
export function zoneProblem(host: string): string | undefined {
  const zone = zoneOf(host);
  if (zone === undefined) {
    if (!isIPv6(host) || !/^fe[89ab]/i.test(host)) return undefined;
    return `a link-local address needs its zone (write it as ${host}%eth0, with the interface's name)`;
  }
  if (interfaceOf(zone) !== undefined) return undefined;
  return `its zone "${zone}" is no network interface of this machine that is up (see ip address)`;
}

function interfaceOf(zone: string): string | undefined {
  const interfaces = networkInterfaces();
  if (Object.hasOwn(interfaces, zone)) return zone;
  return Object.keys(interfaces).find((name) =>
    interfaces[name]?.some((each) => each.family === 'IPv6' && String(each.scopeid) === zone),
  );
}
