import { BlockList, isIPv6 } from 'node:net';

const mostVerdicts = 1024;

/** Who may connect, by address: `deny` wins over `allow`; an empty `allow` lets everybody in. */
export class Guard {
  readonly #allow: Blocks | undefined;
  readonly #deny: Blocks | undefined;
  /** A block list takes microseconds a look-up, and clients come again. */
  readonly #verdicts = new Map<string, boolean>();

  /** CIDR blocks or addresses, valid ones: the configuration has been checked. */
  constructor(lists: { readonly allow: readonly string[]; readonly deny: readonly string[] }) {
    this.#allow = blocksOf(lists.allow);
    this.#deny = blocksOf(lists.deny);
  }

  /** Whether clients' addresses matter at all: asking for one costs a system call. */
  get isOpen(): boolean {
    return !this.#allow && !this.#deny;
  }

  /** Undefined: a unix socket's client, whom the file mode has let in. */
  admits(address: string | undefined): boolean {
    if (address === undefined || (!this.#allow && !this.#deny)) return true;
    const known = this.#verdicts.get(address);
    if (known !== undefined) return known;
    const verdict = this.#check(address);
    if (this.#verdicts.size >= mostVerdicts) this.#verdicts.clear();
    this.#verdicts.set(address, verdict);
    return verdict;
  }

  #check(address: string): boolean {
    if (this.#deny?.has(address)) return false;
    return this.#allow?.has(address) ?? true;
  }
}

function blocksOf(texts: readonly string[]): Blocks | undefined {
  return texts.length === 0 ? undefined : new Blocks(texts);
}

/**
 * One list a family: `::/0` means every IPv6 address, though the mapped forms of IPv4 addresses lie
 * in it. Those (`::ffff:10.1.1.1`), as a client or as a block, count as what they stand for.
 */
class Blocks {
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();

  constructor(texts: readonly string[]) {
    for (const text of texts) this.#add(text);
  }

  has(address: string): boolean {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    return (isIpv4(address) ? this.#ipv4 : this.#ipv6).check(address, family);
  }

  #add(text: string): void {
    const [address = '', prefixText] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const prefix = Number(prefixText ?? (family === 'ipv6' ? 128 : 32));
    const stands4 = family === 'ipv4' || (isIpv4(address) && prefix >= mappedPrefix);
    const list = stands4 ? this.#ipv4 : this.#ipv6;
    list.addSubnet(address, prefix, family);
  }
}

/** RFC 4291, 2.5.5.2: `::ffff:0:0/96`. */
const mappedPrefix = 96;
const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', mappedPrefix, 'ipv6');

/** Whether it is an IPv4 address, written as such or mapped. */
function isIpv4(address: string): boolean {
  return !isIPv6(address) || mapped.check(address, 'ipv6');
}
