import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

import { isLoopbackHost, type Address } from '../../model/address.js';

/** Whether only processes of this machine reach the address. */
export function isLocal(address: Address): boolean {
  return address.kind === 'unix' || isLoopbackHost(address.host);
}

/**
 * Against DNS rebinding: a page of another site can point its own name at this server, but never
 * an IP literal or `localhost`. A missing header is no browser's.
 */
export function isOwnHost(header: string | undefined, address: Address): boolean {
  if (address.kind === 'unix' || header === undefined) return true;
  const host = bareHost(header);
  return isIP(host) !== 0 || host === 'localhost' || (host !== '' && host === address.host);
}

function bareHost(header: string): string {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::[0-9]{1,5})?$/.exec(header);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
}

/** Whether a browser sent the request for a page of another origin (Fetch standard, Fetch Metadata). */
export function isCrossOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && headers.origin !== `http://${headers.host ?? ''}`;
}

/** The token of a `Bearer` header (RFC 6750). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/** The password of a `Basic` header (RFC 7617): the one form in which a browser can send a token. */
export function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic +(\S+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  return /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))?.[1];
}

/** Takes the same time wherever the texts differ. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
