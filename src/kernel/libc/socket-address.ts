import type { Address } from '../../model/address.js';
import type { SocketName } from '../../model/side.js';
import type { Libc } from './libc.js';
import type { Memory } from './memory.js';

export const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** `struct sockaddr_storage` has room for all of them; a path of `sockaddr_un` has 108 bytes with its NUL. */
const storageSize = 128;
const pathOffset = 2;
const longestPath = 107;

/**
 * Addresses as the kernel has them: `sockaddr_in` (ip(7)), `sockaddr_in6` (ipv6(7)), `sockaddr_un`
 * (unix(7)). Has one address at a time.
 */
export class SocketAddress {
  readonly memory: Memory;
  length = 0;
  readonly #libc: Libc;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.memory = libc.allocate(storageSize);
  }

  get family(): number {
    return this.memory.bytes.readUInt16LE(0);
  }

  /** False: the host is no IP literal, its zone no interface, or the path too long. An empty host is `::`. */
  set(address: Address): boolean {
    this.memory.bytes.fill(0);
    return address.kind === 'unix'
      ? this.#setPath(address.path)
      : this.#setHost(address.host === '' ? '::' : address.host, address.port);
  }

  /** What `getsockname` or `getpeername` has put there, of so many bytes; undefined for a unix socket. */
  name(length: number): SocketName | undefined {
    const { bytes } = this.memory;
    if (length < 8 || this.family === AF_UNIX) return undefined;
    const port = bytes.readUInt16BE(2);
    if (this.family === AF_INET) return { host: bytes.subarray(4, 8).join('.'), port };
    return { host: formatIPv6(bytes, this.#libc), port };
  }

  /** The path of a unix socket that `getsockname` has put there; undefined: it has none, or an abstract one. */
  path(length: number): string | undefined {
    const { bytes } = this.memory;
    if (this.family !== AF_UNIX || length <= pathOffset || bytes[pathOffset] === 0)
      return undefined;
    const end = bytes.indexOf(0, pathOffset);
    return bytes.toString('utf8', pathOffset, end < 0 ? length : Math.min(end, length));
  }

  #setPath(path: string): boolean {
    const { bytes } = this.memory;
    const size = Buffer.byteLength(path);
    if (size > longestPath || path.includes('\0')) return false;
    bytes.writeUInt16LE(AF_UNIX, 0);
    bytes.write(path, pathOffset);
    this.length = pathOffset + size + 1;
    return true;
  }

  #setHost(host: string, port: number): boolean {
    const { bytes } = this.memory;
    bytes.writeUInt16BE(port, 2);
    if (!host.includes(':')) {
      bytes.writeUInt16LE(AF_INET, 0);
      this.length = 16;
      return this.#libc.inetPton(AF_INET, host, this.memory, 4);
    }
    const [literal = '', zone] = host.split('%');
    const scope = zone === undefined ? 0 : this.#scope(zone);
    if (scope < 0) return false;
    bytes.writeUInt16LE(AF_INET6, 0);
    bytes.writeUInt32LE(scope, 24);
    this.length = 28;
    return this.#libc.inetPton(AF_INET6, literal, this.memory, 8);
  }

  /** A zone is an interface's name or number (RFC 4007, 11); -1: there is no such interface. */
  #scope(zone: string): number {
    const index = this.#libc.interfaceIndex(zone);
    if (index > 0 || !/^[1-9]\d{0,8}$/.test(zone)) return index || -1;
    return this.#libc.interfaceName(Number(zone)) === zone ? -1 : Number(zone);
  }
}

/** As RFC 5952 says, and with the zone of a link-local address, as Node does. */
function formatIPv6(bytes: Buffer, libc: Libc): string {
  const text = libc.inetNtop(AF_INET6, bytes.subarray(8, 24));
  const scope = bytes.readUInt32LE(24);
  const isLinkLocal = bytes[8] === 0xfe && ((bytes[9] ?? 0) & 0xc0) === 0x80;
  return isLinkLocal && scope > 0 ? `${text}%${libc.interfaceName(scope)}` : text;
}

/** An empty host is the wildcard `::`. */
export function familyOf(address: Address): number {
  if (address.kind === 'unix') return AF_UNIX;
  return address.host === '' || address.host.includes(':') ? AF_INET6 : AF_INET;
}
