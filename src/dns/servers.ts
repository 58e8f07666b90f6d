import { isIP } from 'node:net';

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

export const dnsPort = 53;

/** `host`, `host:port`, `[v6]:port` or a bare IPv6 address. */
export function parseServer(text: string): DnsServer {
  if (isIP(text) !== 0) return { host: text, port: dnsPort };
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: port === undefined ? dnsPort : Number(port) };
}
