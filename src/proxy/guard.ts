import { BlockList, isIPv6 } from 'node:net';

const mostVerdicts = 1024;

/** Who may connect, by address: `deny` wins over `allow`; an empty `allow` lets everybody in. */
export class Guard {
  readonly #allow: BlockList | undefined;
  readonly #deny: BlockList | undefined;
  /** A block list takes microseconds a look-up, and clients come again. */
  readonly #verdicts = new Map<string, boolean>();

  /** CIDR blocks or addresses, valid ones: the configuration has been checked. */
  constructor(lists: { readonly allow: readonly string[]; readonly deny: readonly string[] }) {
    this.#allow = blockList(lists.allow);
    this.#deny = blockList(lists.deny);
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
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (this.#deny?.check(address, family)) return false;
    return this.#allow?.check(address, family) ?? true;
  }
}

/** Mapped addresses (`::ffff:10.1.1.1`) match IPv4 blocks: BlockList sees to that. */
function blockList(blocks: readonly string[]): BlockList | undefined {
  if (blocks.length === 0) return undefined;
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', prefix] = block.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
