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
 * Whom to ask in which order: each server once, and again with twice the time. One that has failed
 * last time is asked only once until it answers, and of queries that it fails together one asks
 * again for all: a lost packet costs nothing, and servers that are down do not meet twice the usual
 * queries, neither now nor when they come back.
 */
export class ServerOrder {
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** By server, of those that failed last: until when it is asked after the others. */
  readonly #failing = new Map<string, number>();
  /** By server: one that it has failed asks it again; resolves with whether that failed, too. */
  readonly #scouts = new Map<string, Promise<boolean>>();

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

  /**
   * The tries of one query, so many for each server; each is worked out when it comes, and who asks for the next says that this
   * one failed. Ends early once `signal` is aborted.
   */
  async *tries(
    servers: readonly DnsServer[],
    signal: AbortSignal,
    attempts = 2,
  ): AsyncIterable<Try> {
    const trusted = servers.filter((server) => !this.#failing.has(keyOf(server)));
    const isHopeful = trusted.length > 0;
    for (const server of this.#inOrder(servers)) yield { server, patience: isHopeful ? 1 : 2 };
    if (!isHopeful) return;
    for (const server of repeated(this.#inOrder(trusted), attempts - 1)) {
      const scout = this.#scouts.get(keyOf(server));
      if (scout && (await unlessAborted(scout, signal))) continue;
      if (signal.aborted) return;
      yield* this.#again(server);
    }
  }

  *#again(server: DnsServer): Iterable<Try> {
    let tell: (failed: boolean) => void = () => undefined;
    const scout = new Promise<boolean>((resolve) => (tell = resolve));
    this.#scouts.set(keyOf(server), scout);
    let failed = false;
    try {
      yield { server, patience: 2 };
      failed = true;
    } finally {
      if (this.#scouts.get(keyOf(server)) === scout) this.#scouts.delete(keyOf(server));
      tell(failed);
    }
  }

  #inOrder(servers: readonly DnsServer[]): readonly DnsServer[] {
    const now = this.#clock.nowMs();
    const isAvoided = (server: DnsServer): boolean =>
      (this.#failing.get(keyOf(server)) ?? -Infinity) > now;
    return [...servers.filter((server) => !isAvoided(server)), ...servers.filter(isAvoided)];
  }
}

function repeated<T>(items: readonly T[], times: number): readonly T[] {
  return Array.from({ length: times }, () => items).flat();
}

/** False as soon as the signal is aborted. */
function unlessAborted(outcome: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(false);
    signal.addEventListener('abort', giveUp);
    void outcome.then(resolve).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function keyOf(server: DnsServer): string {
  return formatAddress({ kind: 'tcp', ...server });
}
