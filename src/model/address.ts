import { isIP, isIPv6 } from 'node:net';

/** Where to listen or dial. Plain data; equal addresses have equal text. */
export type Address = TcpAddress | UnixAddress;

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Lower-case host name, or IP literal without brackets; empty on a listener: all interfaces. */
  readonly host: string;
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

/** `hint` says what to write instead; it reads well in brackets after `problem`. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

/** `host:port`, `[v6]:port` or `unix:/path`: what the parsers accept and what is shown to people. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** An endpoint's address: host and port are required. Never throws. */
export function parseEndpointAddress(text: string): Parsed<Address> {
  return parseAddress(text, 'endpoint');
}

/** A listener's address: an empty host means all interfaces. Never throws. */
export function parseListenAddress(text: string): Parsed<Address> {
  return parseAddress(text, 'listener');
}

/** Whether a listener on `a` would also take what is sent to `b` (a wildcard covers its port). */
export function listenersCollide(a: Address, b: Address): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') {
    return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path;
  }
  if (a.port !== b.port) return false;
  return a.host === b.host || covers(a.host, b.host) || covers(b.host, a.host);
}

/** True for a host that stands for every local address: empty, `0.0.0.0` or `::`. */
export function isWildcardHost(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

type Role = 'endpoint' | 'listener';

const longestUnixPath = 107; // sun_path of unix(7), less its final NUL

function parseAddress(text: string, role: Role): Parsed<Address> {
  if (text.startsWith('unix:')) return parseUnix(text);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text);
  if (scheme) {
    const bare = (scheme[2] ?? '').replace(/^[^@/]*@/, '').replace(/[/?#].*$/, '');
    return failure(`"${text}" has a scheme`, `write ${bare || 'host:port'}`);
  }
  if (/[\s\p{C}]/u.test(text))
    return failure(`${JSON.stringify(text)} has white space`, wanted(role));
  if (text.includes('@'))
    return failure(`"${text}" has a user`, `write ${text.replace(/^.*@/, '')}`);
  if (/[/?#]/.test(text)) {
    return failure(`"${text}" has a path`, `write ${text.replace(/[/?#].*$/, '') || 'host:port'}`);
  }
  return parseHostPort(text, role);
}

function parseUnix(text: string): Parsed<Address> {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/')) {
    return failure(`"${text}" has no absolute path`, 'write unix:/run/etcd-gateway/main.sock');
  }
  if (path.includes('\0')) return failure('the path has a NUL byte', 'remove it');
  if (Buffer.byteLength(path) > longestUnixPath) {
    return failure(
      `the path is ${Buffer.byteLength(path)} bytes long`,
      `a unix socket's path has at most ${longestUnixPath}`,
    );
  }
  return { ok: true, value: { kind: 'unix', path } };
}

function parseHostPort(text: string, role: Role): Parsed<Address> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(.*)$/.exec(text);
  if (!match) {
    if (isIPv6(text)) return failure(`"${text}" has no port`, `write [${text}]:2379`);
    if (text.split(':').length > 2) {
      return failure(`"${text}" is not host:port`, 'write an IPv6 host in brackets, as [::1]:2379');
    }
    return failure(`"${text}" has no port`, `write ${text === '' ? 'host:port' : `${text}:2379`}`);
  }
  const [, bracketed, plain, portText = ''] = match;
  const port = parsePort(portText);
  if (port === undefined) {
    return failure(
      portText === '' ? `"${text}" has no port` : `"${portText}" is not a port`,
      'a port is a number from 1 to 65535',
    );
  }
  const host = (bracketed ?? plain ?? '').toLowerCase();
  const problem = hostProblem(host, bracketed !== undefined, role);
  return problem ?? { ok: true, value: { kind: 'tcp', host, port } };
}

function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

function hostProblem(host: string, bracketed: boolean, role: Role): Parsed<Address> | undefined {
  if (bracketed) {
    return isIPv6(host) ? undefined : failure(`"${host}" is not an IPv6 address`, wanted(role));
  }
  if (host === '') {
    return role === 'listener' ? undefined : failure('the host is missing', 'write host:port');
  }
  if (isIP(host) !== 0) {
    return host === '0.0.0.0' && role === 'endpoint'
      ? failure('0.0.0.0 is not an address to connect to', 'write 127.0.0.1:PORT or a host')
      : undefined;
  }
  if (/^[0-9.]+$/.test(host)) return failure(`"${host}" is not an IPv4 address`, wanted(role));
  return isHostName(host)
    ? undefined
    : failure(`"${host}" is not a host name`, 'letters, digits, "-" and "_", parted by dots');
}

/** RFC 1123 host names, with the underscore that real zones use; a final dot is allowed. */
export function isHostName(host: string): boolean {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  return (
    bare.length > 0 &&
    bare.length <= 253 &&
    bare.split('.').every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label))
  );
}

function wanted(role: Role): string {
  return role === 'endpoint'
    ? 'write host:port, [v6]:port or unix:/path'
    : 'write host:port, [v6]:port, :port or unix:/path';
}

function covers(wildcard: string, host: string): boolean {
  if (wildcard === '0.0.0.0') return !isIPv6(host);
  return wildcard === '' || wildcard === '::';
}

function failure(problem: string, hint: string): Parsed<Address> {
  return { ok: false, problem, hint };
}
