import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isHostName } from '../model/address.js';
import type { Observer } from '../model/events.js';
import { FollowedFile } from './followed-file.js';
import { dnsPort, type DnsServer } from './servers.js';
import { canonicalName } from './wire.js';

/** What resolv.conf(5) says. */
export interface ResolvConf {
  /** At least one. */
  readonly servers: readonly DnsServer[];
  /** Domains under which a name is searched, without the final dot. */
  readonly search: readonly string[];
  /** A name with so many dots is asked for as it stands before it is searched. */
  readonly ndots: number;
  /** How long a server has for its answer; undefined: the file does not say. */
  readonly timeoutMs: number | undefined;
  /** How often each server is asked. */
  readonly attempts: number;
  /** Each query begins with the next server. */
  readonly rotate: boolean;
  /** All queries go over TCP. */
  readonly overTcp: boolean;
}

export const systemResolvConf = '/etc/resolv.conf';

const told = {
  unreadable: 'resolv.conf cannot be read, its last content stays in use',
  readable: 'resolv.conf can be read again',
};

/** The system's resolv.conf, read again when it has changed. */
export class ResolvConfFile {
  readonly #file: FollowedFile<ResolvConf>;

  constructor(observer: Observer, path: string = systemResolvConf) {
    const parse = (text: string): ResolvConf => parseResolvConf(text, hostname());
    this.#file = new FollowedFile({ path, parse, observer, told });
  }

  /** Never rejects. */
  content(): Promise<ResolvConf> {
    return this.#file.content();
  }
}

/** MAXNS of resolv.h. */
const mostServers = 3;
/** As many as Kubernetes allows. */
const mostDomains = 32;

/** Those of glibc; a larger value counts as this one. */
const largest = { ndots: 15, timeout: 30, attempts: 5 } as const;

/** Without a `nameserver` the machine itself is asked. */
const localServers: readonly DnsServer[] = ['127.0.0.1', '::1'].map(serverAt);

/**
 * Reads resolv.conf(5) as Go's resolver does (net/dnsconfig_unix.go), with keywords in any case. What it
 * does not know is passed over. `ownName`: the machine's, whose domain is searched by default.
 */
export function parseResolvConf(text: string, ownName: string): ResolvConf {
  const servers: DnsServer[] = [];
  let search: readonly string[] = [];
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line
      .replace(/^\s*[#;].*$/, '')
      .trim()
      .split(/\s+/);
    const known = keyword.toLowerCase();
    const [first = ''] = values;
    if (known === 'nameserver' && isIP(first) !== 0) servers.push(serverAt(first));
    if (known === 'domain') search = [first];
    if (known === 'search') search = values;
    if (known !== 'options') continue;
    for (const option of values) {
      const [name = '', value = ''] = option.toLowerCase().split(':');
      options.set(name, value);
    }
  }
  const domains = domainsOf(search);
  const seconds = numberOf(options, 'timeout', 1);
  return {
    servers: servers.length > 0 ? servers.slice(0, mostServers) : localServers,
    search: domains.length > 0 ? domains : domainsOf([ownName.replace(/^[^.]*\.?/, '')]),
    ndots: numberOf(options, 'ndots', 0) ?? 1,
    timeoutMs: seconds && seconds * 1000,
    attempts: numberOf(options, 'attempts', 1) ?? 2,
    rotate: options.has('rotate'),
    overTcp: ['use-vc', 'usevc', 'tcp'].some((option) => options.has(option)),
  };
}

function serverAt(host: string): DnsServer {
  return { host, port: dnsPort };
}

function domainsOf(texts: readonly string[]): readonly string[] {
  return texts.filter(isHostName).map(canonicalName).slice(0, mostDomains);
}

function numberOf(
  options: ReadonlyMap<string, string>,
  name: keyof typeof largest,
  least: number,
): number | undefined {
  const text = options.get(name) ?? '';
  return /^\d+$/.test(text) ? Math.max(least, Math.min(largest[name], Number(text))) : undefined;
}
