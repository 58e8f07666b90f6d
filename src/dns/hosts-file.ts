import { readFile, stat } from 'node:fs/promises';
import { isIP, isIPv4 } from 'node:net';
import { errorCode, fileReason } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import { canonicalName } from './wire.js';

export const systemHostsFile = '/etc/hosts';
const longestFileBytes = 4 * 1024 * 1024;

type Hosts = ReadonlyMap<string, readonly string[]>;

/** Names of hosts(5), read again when the file has changed. */
export class HostsFile {
  readonly #observer: Observer;
  readonly #path: string;
  #hosts: Hosts = new Map();
  #identity = '';
  #problem = '';

  constructor(observer: Observer, path: string = systemHostsFile) {
    this.#observer = observer;
    this.#path = path;
  }

  /**
   * The addresses of a name, IPv4 first; empty where the file has none or is missing. A file that
   * cannot be read is told of once and counts for what it said last. Never rejects.
   */
  async addressesOf(name: string): Promise<readonly string[]> {
    await this.#readIfChanged();
    return this.#hosts.get(canonicalName(name)) ?? [];
  }

  async #readIfChanged(): Promise<void> {
    try {
      const identity = await identityOf(this.#path);
      if (identity === this.#identity && this.#problem === '') return;
      this.#hosts = identity === '' ? new Map() : parseHosts(await readFile(this.#path, 'utf8'));
      this.#identity = identity;
      if (this.#problem !== '') this.#sayReadable(identity !== '');
    } catch (error) {
      this.#sayUnreadable(fileReason(error));
    }
  }

  /** One that has been removed is no problem, and nothing to read. */
  #sayReadable(exists: boolean): void {
    this.#problem = '';
    if (!exists) return;
    const message = 'hosts file can be read again';
    this.#observer({ type: 'notice', level: 'info', message, fields: { file: this.#path } });
  }

  #sayUnreadable(reason: string): void {
    if (reason === this.#problem) return;
    this.#problem = reason;
    const message = 'hosts file cannot be read, its last content stays in use';
    this.#observer({
      type: 'notice',
      level: 'warn',
      message,
      fields: { file: this.#path, reason },
    });
  }
}

/** Text of hosts(5): an address, then its names; `#` begins a comment; bad lines are passed over. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map(canonicalName)) {
      const known = hosts.get(name) ?? [];
      if (!known.includes(address)) hosts.set(name, [...known, address]);
    }
  }
  for (const [name, addresses] of hosts) hosts.set(name, ipv4First(addresses));
  return hosts;
}

function ipv4First(addresses: readonly string[]): string[] {
  return [
    ...addresses.filter((address) => isIPv4(address)),
    ...addresses.filter((address) => !isIPv4(address)),
  ];
}

/** Empty: there is no such file, or none that is sensible to read. */
async function identityOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return size > longestFileBytes ? '' : [ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
