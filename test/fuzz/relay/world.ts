import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import type { SessionClosedEvent } from '../../../src/model/events.js';
import { withLive, type Live } from '../../support/live.js';
import type { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { Peer } from './peer.js';

/** One session through a gateway in this process. */
export interface RealSession {
  readonly client: Peer;
  readonly endpoint: Peer;
  /** Takes the endpoint out of the configuration, or puts it back: no session may notice. */
  reload(): Promise<void>;
  /** How the gateway has closed it. */
  closed(): Promise<SessionClosedEvent>;
}

/** A gateway with one endpoint, for one session after the other. */
export class RelayWorld {
  readonly #live: Live;
  readonly #accepted: Socket[];
  readonly #endpoint: string;
  #isRemoved = false;

  private constructor(live: Live, accepted: Socket[], endpoint: string) {
    this.#live = live;
    this.#accepted = accepted;
    this.#endpoint = endpoint;
  }

  static async open(scope: Scope): Promise<RelayWorld> {
    const accepted: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new RelayWorld(await withLive(scope, { endpoints: [endpoint] }), accepted, endpoint);
  }

  /** Runs `use` with a session of its own; afterwards nothing of it may be left in the books. */
  async session(use: (session: RealSession) => Promise<void>): Promise<void> {
    if (this.#isRemoved) await this.#reload();
    this.#live.events.length = 0;
    const socket = connect({ port: this.#live.port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Peer(socket);
    const accepted = await until(() => this.#accepted.shift(), {
      what: 'the endpoint',
      everyMs: 1,
    });
    const endpoint = new Peer(accepted);
    try {
      await use({
        ...{ client, endpoint },
        reload: () => this.#reload(),
        closed: () => this.#live.sessionClosed(),
      });
      await until(() => this.#live.budget.open === 0, { what: 'the end of the session' });
    } finally {
      socket.destroy();
      accepted.destroy();
    }
  }

  async #reload(): Promise<void> {
    this.#isRemoved = !this.#isRemoved;
    const spare = '127.0.0.1:1';
    await this.#live.apply({ endpoints: [this.#isRemoved ? spare : this.#endpoint] });
  }
}
