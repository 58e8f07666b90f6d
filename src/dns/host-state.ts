import type { Timer } from '../model/ports.js';
import { Hold } from './hold.js';
import type { Family, HostAnswer } from './host-lookup.js';

/** What is known of one host name, however many ask for it. Changed by `HostResolver` alone. */
export class HostState {
  readonly host: string;
  readonly trackers = new Set<() => void>();
  ipv4: readonly string[] = [];
  ipv6: readonly string[] = [];
  /** Always both families, IPv4 first, then those that are held; the same array for as long as the set is the same. */
  addresses: readonly string[] = [];
  readonly hold = new Hold<string>((address) => address);
  /** When what is held longest leaves. */
  holdTimer: Timer | undefined;
  settled = false;
  error: string | undefined;
  /** TTL of the last answer. */
  ttlMs: number | undefined;
  /** Failures in a row. */
  failures = 0;
  timer: Timer | undefined;
  /** The look-up under way. */
  attempt: AbortController | undefined;

  constructor(host: string) {
    this.host = host;
  }

  /** Takes an answer over and says whether the set of addresses is another now. */
  answer({ ipv4, ipv6, ttlMs }: HostAnswer, nowMs: number, holdMs: number): boolean {
    this.ttlMs = ttlMs;
    this.ipv4 = merged(this.ipv4, ipv4);
    this.ipv6 = merged(this.ipv6, ipv6);
    this.hold.answer([...this.ipv4, ...this.ipv6], nowMs);
    return this.use(nowMs, holdMs);
  }

  /** Takes over what is named and held now; says whether that is another set. */
  use(nowMs: number, holdMs: number): boolean {
    const addresses = [...this.hold.items(nowMs, holdMs)];
    if (sameSet(addresses, this.addresses)) return false;
    this.addresses = Object.freeze(addresses);
    return true;
  }
}

/** A family that nobody could tell about keeps what it had; order changes only with the set. */
function merged(before: readonly string[], family: Family): readonly string[] {
  if (family.kind === 'unknown') return before;
  if (family.kind === 'none') return [];
  return sameSet(before, family.addresses) ? before : family.addresses;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
