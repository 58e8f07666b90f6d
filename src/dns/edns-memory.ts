import { formatAddress } from '../model/address.js';
import type { Clock } from '../model/ports.js';
import type { DnsServer } from './servers.js';

/** A server may be replaced by a better one, so what is known of it is asked again. */
const rememberForMs = 3_600_000;

/**
 * Which servers know EDNS0. Some, and firewalls before them, drop queries with it or answer them
 * with an error that has nothing to do with the question.
 */
export class EdnsMemory {
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** By server: whether it answers with EDNS0, and until when that is believed. */
  readonly #known = new Map<string, { readonly edns: boolean; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Undefined: not known. */
  of(server: DnsServer): boolean | undefined {
    const known = this.#known.get(keyOf(server));
    return known && known.untilMs > this.#clock.nowMs() ? known.edns : undefined;
  }

  /** The server has answered a query with or without EDNS0. */
  answered(server: DnsServer, edns: boolean): void {
    if (this.of(server) === edns) return;
    this.#known.set(keyOf(server), { edns, untilMs: this.#clock.nowMs() + rememberForMs });
  }

  /** The server was silent: the next query to it is of the other kind, which costs no further one. */
  silent(server: DnsServer, edns: boolean): void {
    if (edns) this.answered(server, false);
    else this.forget(server);
  }

  forget(server: DnsServer): void {
    this.#known.delete(keyOf(server));
  }
}

function keyOf(server: DnsServer): string {
  return formatAddress({ kind: 'tcp', ...server });
}
