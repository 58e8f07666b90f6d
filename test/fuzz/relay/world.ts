import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import type { SessionClosedEvent } from '../../../src/model/events.js';
import type { Side } from '../../../src/model/side.js';
import type { Retry } from '../../../src/pool/retry.js';
import { withLive, type Live } from '../../support/live.js';
import type { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { Peer } from './peer.js';
import { PendingWatch, touchedSides } from './sides.js';

/** A session through a gateway in this process. */
export interface RealSession {
  readonly client: Peer;
  readonly endpoint: Peer;
  /** Takes the endpoint out of the configuration, or puts it back: no session may notice. */
  reload(): Promise<void>;
  /** How much the endpoint has sent when it begins. */
  readonly greetingBytes: number;
  /** How the gateway has closed it. */
  closed(): Promise<SessionClosedEvent>;
  /** How much the gateway has held of it at most, for a reader who was slower than his writer. */
  readonly mostPendingBytes: number;
  /** How long to wait for what must come. */
  readonly patienceMs: number;
}

export interface WorldOptions {
  /** Done to each side of the gateway before anything happens on it: to see whether that is noticed. */
  readonly touch?: (side: Side) => void;
  /** Default 5,000. */
  readonly patienceMs?: number;
  /** What the endpoint says first; default: nothing. To many silent sessions a gateway adds its own. */
  readonly greetingBytes?: number;
}

/** The endpoint would take a question of the gateway's own for a session: it is answered here. */
const healthy: Retry = () => Promise.resolve({ ok: true, reason: '', conclusive: true });

/** A gateway with one endpoint. */
export class RelayWorld {
  readonly #live: Live;
  readonly #accepted: Socket[];
  readonly #endpoint: string;
  readonly #pending: PendingWatch;
  readonly #patienceMs: number;
  readonly #greetingBytes: number;
  #isRemoved = false;

  private constructor(
    live: Live,
    accepted: Socket[],
    endpoint: string,
    pending: PendingWatch,
    patienceMs: number,
    greetingBytes: number,
  ) {
    this.#live = live;
    this.#accepted = accepted;
    this.#endpoint = endpoint;
    this.#pending = pending;
    this.#patienceMs = patienceMs;
    this.#greetingBytes = greetingBytes;
  }

  static async open(
    scope: Scope,
    { touch = () => undefined, patienceMs = 5_000, greetingBytes = 0 }: WorldOptions = {},
  ): Promise<RelayWorld> {
    const accepted: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const pending = new PendingWatch();
    const sides = touchedSides((side) => {
      touch(side);
      pending.watch(side);
    });
    const live = await withLive(scope, { endpoints: [endpoint] }, { sides, retry: healthy });
    return new RelayWorld(live, accepted, endpoint, pending, patienceMs, greetingBytes);
  }

  /** Runs `use` with sessions of its own; afterwards nothing of them may be left in the books. */
  async sessions(
    count: number,
    use: (sessions: readonly RealSession[]) => Promise<void>,
  ): Promise<void> {
    if (this.#isRemoved) await this.#reload();
    this.#live.events.length = 0;
    this.#pending.mostBytes = 0;
    const sessions: RealSession[] = [];
    try {
      while (sessions.length < count) sessions.push(await this.#open(sessions.length));
      await use(sessions);
      await until(() => this.#live.budget.open === 0, { what: 'the end of the sessions' });
    } finally {
      for (const { client, endpoint } of sessions) {
        client.socket.destroy();
        endpoint.socket.destroy();
      }
    }
  }

  async #open(number: number): Promise<RealSession> {
    const pending = this.#pending;
    const socket = connect({ port: this.#live.port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Peer(socket, 'client', number);
    const accepted = await until(() => this.#accepted.shift(), {
      what: 'the endpoint',
      everyMs: 1,
    });
    const endpoint = new Peer(accepted, 'endpoint', number);
    endpoint.write(this.#greetingBytes);
    await until(() => client.received === this.#greetingBytes, {
      what: 'the greeting',
      everyMs: 1,
    });
    const name = `127.0.0.1:${socket.localPort}`;
    return {
      ...{ client, endpoint, patienceMs: this.#patienceMs, greetingBytes: this.#greetingBytes },
      get mostPendingBytes() {
        return pending.mostBytes;
      },
      reload: () => this.#reload(),
      closed: () => this.#closed(name),
    };
  }

  async #closed(name: string): Promise<SessionClosedEvent> {
    return until(() => this.#live.closed.find(({ client }) => client === name), {
      what: `the end of the session of ${name}`,
    });
  }

  async #reload(): Promise<void> {
    this.#isRemoved = !this.#isRemoved;
    const spare = '127.0.0.1:1';
    await this.#live.apply({ endpoints: [this.#isRemoved ? spare : this.#endpoint] });
  }
}
