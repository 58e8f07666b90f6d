import type { Answer, RecordData, SrvRecord } from '../../src/dns/answer.js';
import type { DnsClient, QueryOptions } from '../../src/dns/client.js';
import { DnsError, type DnsFailure } from '../../src/dns/errors.js';
import { ServerOrder } from '../../src/dns/server-order.js';
import type { RecordType } from '../../src/dns/wire.js';
import type { Clock } from '../../src/model/ports.js';
import type { Dice } from './dice.js';
import { pause } from './pause.js';

/** `silent`: no packet comes back; `broken`: SERVFAIL to every question. */
export type DnsState = 'up' | 'silent' | 'broken';

export const srvDomain = 'sim.test';
const srvName = `_etcd-client._tcp.${srvDomain}`;
const server = { host: '192.0.2.53', port: 53 };

/** A zone and its server. Its clients take the place of those that ask over sockets. */
export class DnsWorld {
  state: DnsState = 'up';
  /** Share of questions that are lost on the way. */
  loss = 0;
  ttlMs = 60_000;
  /** Called for each question put to the server, answered or not. */
  asked: (type: RecordType) => void = () => undefined;
  readonly hosts = new Map<string, string>();
  /** Every set of targets that the zone has had, as `host:port` sorted and joined. */
  readonly history = new Set<string>();
  readonly #clock: Clock;
  readonly #dice: Dice;
  #srv: readonly SrvRecord[] = [];

  constructor(clock: Clock, dice: Dice) {
    this.#clock = clock;
    this.#dice = dice;
  }

  get srv(): readonly SrvRecord[] {
    return this.#srv;
  }

  /** Empty: the name is gone. */
  publish(records: readonly SrvRecord[]): void {
    this.#srv = records;
    this.history.add(setOf(records.map(({ target, port }) => `${target}:${port}`)));
  }

  /** The client of one process, which asks as often as the real one. */
  newClient(): Pick<DnsClient, 'query' | 'namesOf'> {
    const order = new ServerOrder(this.#clock);
    return {
      query: (name, type, options) => this.#query(order, name, type, options),
      namesOf: (name) => Promise.resolve([name]),
    };
  }

  async #query<T extends RecordType>(
    order: ServerOrder,
    name: string,
    type: T,
    options: QueryOptions,
  ): Promise<Answer<RecordData[T]>> {
    let failure: DnsFailure = 'timeout';
    for await (const { patience } of order.tries([server], options.signal)) {
      this.asked(type);
      const heard = await this.#hear(options, patience);
      if (heard === undefined) {
        order.answered(server);
        return this.#answer(name, type);
      }
      failure = heard;
      order.failed(server, failure);
    }
    throw new DnsError(failure, `192.0.2.53:53: ${failure}`);
  }

  /** Undefined: the server answers. */
  async #hear(
    { settings, signal }: QueryOptions,
    patience: number,
  ): Promise<DnsFailure | undefined> {
    const isLost = this.state === 'silent' || this.#dice.chance(this.loss);
    const delayMs = isLost ? settings.timeoutMs * patience : this.#dice.between(1, 20);
    try {
      await pause(this.#clock, delayMs, signal);
    } catch (error) {
      throw new DnsError('aborted', 'no longer wanted', error);
    }
    if (isLost) return 'timeout';
    return this.state === 'broken' ? 'servfail' : undefined;
  }

  #answer<T extends RecordType>(name: string, type: T): Answer<RecordData[T]> {
    const zone: { readonly [K in RecordType]: (name: string) => readonly RecordData[K][] } = {
      SRV: (asked) => (asked === srvName ? this.#srv : []),
      A: (asked) => [this.hosts.get(asked)].filter((address) => address !== undefined),
      AAAA: () => [],
    };
    const records = zone[type](name);
    if (records.length > 0) return { kind: 'records', records, ttlMs: this.ttlMs };
    return { kind: 'none', reason: 'nxdomain', ttlMs: this.ttlMs };
  }
}

/** One text for each set of endpoints, whatever their order. */
export function setOf(endpoints: readonly string[]): string {
  return [...endpoints].sort().join(' ');
}
