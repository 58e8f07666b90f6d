import { isIP, isIPv6, SocketAddress } from 'node:net';
import { normalize } from 'node:path/posix';

import { quote } from './quote.js';
import { variableIn } from './variables.js';

/** Where to listen or dial. Plain data; equal addresses have equal text. */
export type Address = TcpAddress | UnixAddress;

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Lower-case host name, or IP literal without brackets, its zone as written; empty on a listener: all interfaces. */
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
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What an address is known by: with or without its final dot a host name is the same place. */
export function addressKey(address: Address): string {
  if (address.kind === 'unix') return formatAddress(address);
  return formatAddress({ ...address, host: withoutFinalDot(address.host) });
}

export function withoutFinalDot(name: string): string {
  return name.replace(/\.$/, '');
}

/** An endpoint's address: host and port are required. Never throws. */
export function parseEndpointAddress(text: string, usualPort = 2379): Parsed<Address> {
  return parseAddress(text, { kind: 'endpoint', usualPort });
}

/** A listener's address: an empty host means all interfaces. Never throws. */
export function parseListenAddress(text: string, usualPort = 23790): Parsed<Address> {
  return parseAddress(text, { kind: 'listener', usualPort });
}

/** Whether a listener on `a` would also take what is sent to `b` (a wildcard covers its port). */
export function listenersCollide(a: Address, b: Address): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') {
    return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path;
  }
  if (a.port !== b.port) return false;
  const theirs = boundHosts(b.host);
  return boundHosts(a.host).some((mine) =>
    theirs.some((other) => mine === other || covers(mine, other) || covers(other, mine)),
  );
}

/** One socket of a listener. */
export interface Binding {
  readonly address: Address;
  /** The listener does without it where the machine has no such address. */
  readonly isOptional: boolean;
}

/** The sockets of a listener: `localhost` is 127.0.0.1 and, where the machine has it, ::1. */
export function bindingsOf(address: Address): readonly Binding[] {
  if (address.kind === 'unix') return [{ address, isOptional: false }];
  return boundHosts(address.host).map((host, index) => ({
    address: { ...address, host },
    isOptional: index > 0,
  }));
}

/** Whether a listener does without a binding that failed with this error code. */
export function isDispensable({ isOptional }: Binding, code: string): boolean {
  return isOptional && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
}

/** The hosts that a listener of this host is bound to. */
export function boundHosts(host: string): readonly [string, ...string[]] {
  return isLocalhost(host) ? ['127.0.0.1', '::1'] : [host];
}

/** Whether both name one socket: `:2379` and `[::]:2379`, `localhost` and `127.0.0.1`. */
export function isSameListener(a: Address, b: Address): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return formatAddress(a) === formatAddress(b);
  return a.port === b.port && listenerHost(a.host) === listenerHost(b.host);
}

function listenerHost(host: string): string {
  if (host === '') return '::';
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** True for a host that stands for every local address: empty, `0.0.0.0` or `::`. */
export function isWildcardHost(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

export function isLocalhost(host: string): boolean {
  return /^localhost\.?$/i.test(host);
}

export function isLoopbackHost(host: string): boolean {
  return isLocalhost(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

interface Role {
  readonly kind: 'endpoint' | 'listener';
  /** What a hint writes where the port is missing. */
  readonly usualPort: number;
}

const longestUnixPath = 107; // sun_path of unix(7), less its final NUL

function parseAddress(text: string, role: Role): Parsed<Address> {
  const variable = variableIn(text);
  if (variable) return failure(variable.problem, variable.hint);
  const several = text.includes('@') ? [] : apart(text); // a password may have a comma
  if (several.length > 1 && several.every((one) => parseAddress(one, role).ok)) {
    const hint = `write each by itself: ${bareOr(several.join(', '), 'host:port')}`;
    return failure(`${quote(text)} is several addresses`, hint);
  }
  if (/[\s\p{C}]/u.test(text)) return failure(`${quote(text)} has white space`, wanted(role));
  if (text.startsWith('unix:')) return parseUnix(text);
  if (/^\/|\.sock$/.test(text)) {
    const path = text.startsWith('/') ? bareOr(text, '/PATH') : '/PATH';
    return failure(`${quote(text)} is a path`, `write unix:${path}`);
  }
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/i.exec(text) ?? [];
  if (scheme !== undefined) {
    const bare = afterUser(rest)
      .replace(/[/?#].*$/, '')
      .replace(/^\*(?=:)/, role.kind === 'listener' ? '' : '*');
    return failure(`${quote(text)} has a scheme`, `write ${bareOr(bare, 'host:port')}`);
  }
  if (text.includes('@')) {
    return failure(`${quote(text)} has a user`, `write ${bareOr(afterUser(text), 'host:port')}`);
  }
  if (/[/?#]/.test(text)) {
    const bare = text.replace(/[/?#].*$/, '');
    return failure(`${quote(text)} has a path`, `write ${bareOr(bare, 'host:port')}`);
  }
  return parseHostPort(text, role);
}

/** Addresses that stand in one text, less what does not belong to an address. */
export function apart(text: string): readonly string[] {
  return text
    .split(/[\s,;]+/)
    .map((one) => afterUser(one.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')))
    .map((one) => (isPath(one) ? one : one.replace(/[/?#].*$/, '')))
    .filter((one) => one !== '');
}

function isPath(text: string): boolean {
  return text.startsWith('/') || text.startsWith('unix:');
}

function afterUser(text: string): string {
  return text.slice(text.lastIndexOf('@') + 1);
}

/** A remedy is made of the user's own text only while that is short enough to read. */
function bareOr(bare: string, otherwise: string): string {
  return bare === '' || bare.length > 80 ? otherwise : bare;
}

function parseUnix(text: string): Parsed<Address> {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/') || path.endsWith('/')) {
    return failure(`${quote(text)} is no absolute path`, 'write unix:/run/etcd-gateway/main.sock');
  }
  const bytes = Buffer.byteLength(path);
  if (bytes > longestUnixPath) {
    const hint = `a unix socket's path has at most ${longestUnixPath}`;
    return failure(`the path is ${bytes} bytes long`, hint);
  }
  return { ok: true, value: { kind: 'unix', path: normalize(path) } };
}

function parseHostPort(text: string, role: Role): Parsed<Address> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (!match) return notHostPort(text, role);
  const [, bracketed, plain, portText = ''] = match;
  const port = parsePort(portText);
  if (port === undefined) {
    const what =
      portText === '' ? `${quote(text)} has no port` : `${quote(portText)} is not a port`;
    return failure(what, 'write a number from 1 to 65535');
  }
  const host = (bracketed ?? plain ?? '').replace(/^[^%]*/, (name) => name.toLowerCase());
  if (host === '*' && role.kind === 'listener') return failure(everyHost, `write :${port}`);
  const problem = hostProblem(host, bracketed !== undefined, role);
  return problem ?? { ok: true, value: { kind: 'tcp', host: canonicalHost(host), port } };
}

const everyHost = '"*" is not a host: all interfaces are an empty one';

function notHostPort(text: string, { kind, usualPort }: Role): Parsed<Address> {
  if (text === '*' && kind === 'listener') return failure(everyHost, `write :${usualPort}`);
  if (parsePort(text) !== undefined) {
    const host = kind === 'listener' ? '127.0.0.1' : 'host';
    return failure(`${text} is a port alone`, `write ${host}:${text}`);
  }
  const [, host = '', port = ''] = /^(.*):(\d{4,5})$/.exec(text) ?? [];
  if (isIPv6(host)) return failure(`${quote(host)} has no brackets`, `write [${host}]:${port}`);
  const literal = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIPv6(literal)) return failure(`"${text}" has no port`, `write [${literal}]:${usualPort}`);
  if (text.split(':').length > 2) {
    const hint = `write an IPv6 host in brackets, as [::1]:${usualPort}`;
    return failure(`${quote(text)} is not host:port`, hint);
  }
  return failure(`${quote(text)} has no port`, `write ${bareOr(text, 'host')}:${usualPort}`);
}

/** One spelling for each IPv6 address (RFC 5952); other hosts have but one. */
function canonicalHost(host: string): string {
  if (!isIPv6(host)) return host;
  const [address = '', zone] = host.split('%');
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

function hostProblem(host: string, bracketed: boolean, role: Role): Parsed<Address> | undefined {
  const [literal = '', zone] = host.split(/%(.*)/s);
  if (bracketed && !isIPv6(host) && zone !== undefined && isIPv6(literal)) {
    const hint = `write an interface's name, or its number, as [${literal}%eth0]:${role.usualPort}`;
    return failure(`${quote(zone)} is not a zone`, hint);
  }
  if (bracketed && !isIPv6(host)) {
    return failure(`${quote(host)} is not an IPv6 address`, wanted(role));
  }
  if (role.kind === 'endpoint' && host === '')
    return failure('the host is missing', 'write host:port');
  if (role.kind === 'endpoint' && isWildcardHost(canonicalHost(host))) {
    const loopback = bracketed ? '[::1]:PORT' : '127.0.0.1:PORT';
    return failure(`${host} is not an address to connect to`, `write ${loopback} or a host`);
  }
  if (host === '' || isIP(host) !== 0 || isHostName(host)) return undefined;
  return failure(
    `${quote(host)} is not a host name`,
    'write letters, digits, "-" and "_", parted by dots',
  );
}

/**
 * RFC 1123 host names, with the underscore that real zones use; a final dot is allowed. The last
 * label is not all digits: that would be meant for an IPv4 address.
 */
export function isHostName(host: string): boolean {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  const labels = bare.split('.');
  return (
    bare.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

function wanted(role: Role): string {
  return role.kind === 'endpoint'
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
