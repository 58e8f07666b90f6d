import type { Clock } from '../model/ports.js';
import { formatAddress } from '../model/address.js';
import type { DnsFailure } from './errors.js';
import type { DnsServer } from './servers.js';

/** A server that did not answer is asked after the others for so long. */
const avoidForMs = 30_000;

/** What a query does if nobody has answered before. */
export interface Try {
  readonly server: DnsServer;
  /** How many times the usual limit it has for its answer. */
  readonly patience: number;
}

/**
 * Whom to ask in which order: each server once, and once more with twice the time. One that has
 * failed last time is asked only once until it answers: a lost packet costs nothing, and servers
 * that are down do not meet twice the usual queries when they come back.
 */
export class ServerOrder {
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** By server, of those that failed last: until when it is asked after the others. */
  readonly #failing = new Map<string, number>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  answered(server: DnsServer): void {
    this.#failing.delete(keyOf(server));
  }

  failed(server: DnsServer, failure: DnsFailure): void {
    const isSilent = failure === 'timeout' || failure === 'unreachable';
    const before = this.#failing.get(keyOf(server)) ?? -Infinity;
    this.#failing.set(keyOf(server), isSilent ? this.#clock.nowMs() + avoidForMs : before);
  }

  /** The tries of one query; each is worked out when it comes. */
  *tries(servers: readonly DnsServer[]): Iterable<Try> {
    const trusted = servers.filter((server) => !this.#failing.has(keyOf(server)));
    const isHopeful = trusted.length > 0;
    if (isHopeful) yield* this.#round(servers, 1);
    yield* this.#round(isHopeful ? trusted : servers, 2);
  }

  *#round(servers: readonly DnsServer[], patience: number): Iterable<Try> {
    for (const server of this.#inOrder(servers)) yield { server, patience };
  }

  #inOrder(servers: readonly DnsServer[]): readonly DnsServer[] {
    const now = this.#clock.nowMs();
    const isAvoided = (server: DnsServer): boolean =>
      (this.#failing.get(keyOf(server)) ?? -Infinity) > now;
    return [...servers.filter((server) => !isAvoided(server)), ...servers.filter(isAvoided)];
  }
}

function keyOf(server: DnsServer): string {
  return formatAddress({ kind: 'tcp', ...server });
}
