import { isIP, isIPv4 } from 'node:net';

import {
  isHostName,
  parseEndpointAddress,
  parseListenAddress,
  type Address,
  type Parsed,
} from '../model/address.js';
import { quote } from '../model/quote.js';
import { variableIn } from '../model/variables.js';
import { parseDuration } from './duration.js';

/** The schema's formats by name; each reads a text or says what is wrong with it. Never throw. */
export const formats = {
  'go-duration': parseDuration,
  'listen-address': parseListenAddress,
  'endpoint-address': parseEndpointAddress,
  'admin-address': parseAdminAddress,
  'dns-server': parseDnsServer,
  cidr: parseCidr,
  'file-mode': parseFileMode,
  percentage: parsePercentage,
  domain: parseDomain,
  'service-name': parseServiceName,
  'host-name': parseHost,
  'file-path': parseFilePath,
  'optional-file-path': (text: string) => (text === '' ? success(text) : parseFilePath(text)),
} as const satisfies Record<string, (text: string) => Parsed<unknown>>;

export type FormatName = keyof typeof formats;

/** The value of a text that the schema has let through. */
export function valueOf<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(`not validated: ${parsed.problem}`);
}

/** Where the admin server listens; undefined: off. */
export function parseAdminAddress(text: string): Parsed<Address | undefined> {
  if (text === 'off') return success(undefined);
  if (meansOff(text)) return failure(`${quote(text)} is not an address`, 'write off');
  return parseListenAddress(text, 23791);
}

/** Words for "off", other than the one that is wanted: also what YAML 1.1 took for false. */
export function meansOff(text: string): boolean {
  return /^(off|none|never|no|false|disabled?)$/i.test(text);
}

/** `IP:port`, since a name could not be looked up without a server; `localhost` is 127.0.0.1. */
export function parseDnsServer(text: string): Parsed<string> {
  if (isIP(text) !== 0) {
    const host = isIPv4(text) ? text : `[${text}]`;
    return failure(`${quote(text)} has no port`, `write ${host}:53`);
  }
  const parsed = parseEndpointAddress(text, 53);
  if (!parsed.ok) return parsed;
  const address = parsed.value;
  if (address.kind === 'tcp' && isIP(address.host) !== 0) return success(text);
  if (address.kind === 'tcp' && address.host === 'localhost') {
    return success(`127.0.0.1:${address.port}`);
  }
  return failure(`${quote(text)} is not an IP address and port`, 'write it as 10.0.0.53:53');
}

/** A CIDR block; a single address becomes the block of itself. */
export function parseCidr(text: string): Parsed<string> {
  if (/^(\*|all|any)$/i.test(text)) {
    return failure(`${quote(text)} is not an IP address or CIDR block`, 'write 0.0.0.0/0 and ::/0');
  }
  const [address = '', bits, ...rest] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || rest.length > 0) {
    return failure(
      `${quote(text)} is not an IP address or CIDR block`,
      'write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32',
    );
  }
  const most = family === 4 ? 32 : 128;
  if (bits === undefined) return success(`${address}/${most}`);
  if (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= most) return success(text);
  return failure(
    `${quote(bits)} is not a prefix length`,
    `write a number from 0 to ${most} after the slash`,
  );
}

/** Permission bits: `0660` is 0o660. */
export function parseFileMode(text: string): Parsed<number> {
  if (/^0?[0-7]{3}$/.test(text)) return success(Number.parseInt(text, 8));
  return failure(`${quote(text)} is not a file mode`, 'write three octal digits, as "0660"');
}

/** `20%` is 0.2. */
export function parsePercentage(text: string): Parsed<number> {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text);
  const percent = Number(match?.[1]);
  if (match && percent <= 100) return success(percent / 100);
  const bare = /^\d{1,2}$/.test(text);
  return failure(`${quote(text)} is not a percentage`, `write ${bare ? `${text}%` : '0% to 100%'}`);
}

function parseDomain(text: string): Parsed<string> {
  if (text === '' || (isHostName(text) && isIP(text) === 0)) return success(text);
  return failure(`${quote(text)} is not a domain`, 'write it as example.com');
}

function parseServiceName(text: string): Parsed<string> {
  if (/^[A-Za-z0-9]?(?:[A-Za-z0-9-]{0,40}[A-Za-z0-9])?$/.test(text)) return success(text);
  return failure(
    `${quote(text)} cannot be part of a service name`,
    'use up to 42 letters, digits and "-"',
  );
}

function parseHost(text: string): Parsed<string> {
  if (isIP(text) !== 0 || isHostName(text)) return success(text);
  return failure(`${quote(text)} is not a host name`, 'write it as etcd.example.com');
}

const PATH_MAX = 4096; // limits.h(0p)
const NAME_MAX = 255;

/** What is none is not shown: it may be a key or a token. */
function parseFilePath(text: string): Parsed<string> {
  if (text === '') return failure('the path is empty', 'write a path, or leave the key out');
  const variable = variableIn(text);
  if (variable) return { ok: false, ...variable };
  if (text.startsWith('~')) {
    return failure(`${quote(text)} begins with "~"`, '"~" is not expanded: write the whole path');
  }
  const longest = Math.max(...text.split('/').map((name) => Buffer.byteLength(name)));
  if (/\p{Cc}|-----BEGIN/u.test(text) || text.length > PATH_MAX || longest > NAME_MAX) {
    return failure('this is no path', 'write the path of a file, not what is in it');
  }
  return success(text);
}

function success<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function failure(problem: string, hint: string): { ok: false; problem: string; hint: string } {
  return { ok: false, problem, hint };
}
