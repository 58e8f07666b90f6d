import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import type { DnsSettings } from '../model/config.js';

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

const dnsPort = 53;

/**
 * The servers to ask, in order: the configured ones, else the system's of this moment
 * (a new `Resolver` reads resolv.conf; the module's own list is that of the process start).
 */
export function dnsServers(settings: DnsSettings): readonly DnsServer[] {
  const configured = settings.servers;
  return (configured.length > 0 ? configured : new Resolver().getServers()).map(parseServer);
}

/** `host`, `host:port`, `[v6]:port` or a bare IPv6 address. */
export function parseServer(text: string): DnsServer {
  if (isIP(text) !== 0) return { host: text, port: dnsPort };
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: port === undefined ? dnsPort : Number(port) };
}
