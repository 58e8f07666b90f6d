import { isIP, isIPv4 } from 'node:net';
import type { Observer } from '../model/events.js';
import { FollowedFile } from './followed-file.js';
import { canonicalName } from './wire.js';

export const systemHostsFile = '/etc/hosts';

type Hosts = ReadonlyMap<string, readonly string[]>;

const told = {
  unreadable: 'hosts file cannot be read, its last content stays in use',
  readable: 'hosts file can be read again',
};

/** Names of hosts(5), read again when the file has changed. */
export class HostsFile {
  readonly #file: FollowedFile<Hosts>;

  constructor(observer: Observer, path: string = systemHostsFile) {
    this.#file = new FollowedFile({ path, parse: parseHosts, observer, told });
  }

  /** The addresses of a name, IPv4 first; empty where the file has none or is missing. Never rejects. */
  async addressesOf(name: string): Promise<readonly string[]> {
    return (await this.#file.content()).get(canonicalName(name)) ?? [];
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
