import { BlockList, isIPv6 } from 'node:net';

/** Who may connect, by address: `deny` wins over `allow`; an empty `allow` lets everybody in. */
export class Guard {
  readonly #allow: BlockList | undefined;
  readonly #deny: BlockList | undefined;

  /** CIDR blocks or addresses, valid ones: the configuration has been checked. */
  constructor(lists: { readonly allow: readonly string[]; readonly deny: readonly string[] }) {
    this.#allow = blockList(lists.allow);
    this.#deny = blockList(lists.deny);
  }

  /** Undefined: a unix socket's client, whom the file mode has let in. */
  admits(address: string | undefined): boolean {
    if (address === undefined || (!this.#allow && !this.#deny)) return true;
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
