import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { patterned } from '../../support/bytes.js';
import { whoAnswers } from '../../support/client.js';
import type { LogLine } from '../../support/gateway.js';
import type { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import type { CellLog } from '../matrix/log-reader.js';
import { Party } from '../matrix/party.js';
import type { Link, Side } from './network.js';

/** Everything a case waits for comes within this time: keepalive takes 11 s to give up. */
const patienceMs = 25_000;

export interface SceneOptions {
  readonly scope: Scope;
  readonly link: Link;
  /** On which side its interface goes down. */
  readonly side: Side;
  /** Of the gateway's listener. */
  readonly port: number;
  /** What the gateway has logged by now. */
  readonly log: () => CellLog;
}

/** One gateway before an endpoint at the end of a link, and a spare one that is always there. */
export class Scene {
  readonly #options: SceneOptions;

  constructor(options: SceneOptions) {
    this.#options = options;
  }

  down(): Promise<void> {
    return this.#options.link.set(this.#options.side, 'down');
  }

  up(): Promise<void> {
    return this.#options.link.set(this.#options.side, 'up');
  }

  /** The length of an outage. */
  pass(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** A client whose session has reached the link's endpoint, and who can say this much. */
  async openSession(length: number): Promise<Party> {
    const { scope, port } = this.#options;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    scope.defer(() => socket.destroy());
    const bytes = patterned(length);
    const client = new Party(socket, { says: bytes, hears: bytes });
    await this.logged('dialed');
    return client;
  }

  async heard(client: Party, length: number): Promise<void> {
    const isThere = (): boolean => client.received >= length;
    await until(isThere, { what: `${length} bytes`, timeoutMs: patienceMs });
    if (client.mistake !== undefined) throw new Error(`the client got ${client.mistake}`);
  }

  async isReset(client: Party): Promise<void> {
    await until(() => client.isReset, { what: 'the reset', timeoutMs: patienceMs });
  }

  /** Who serves a new client: `link` or `spare`. */
  whoServes(): Promise<string | undefined> {
    return whoAnswers(this.#options.port, '127.0.0.1', 'link\n'); // which its endpoint gives back
  }

  async logged(what: keyof CellLog): Promise<LogLine> {
    const find = (): LogLine | undefined => this.#options.log()[what].find(this.#isOfLink);
    return until(find, { what: `"${what}" in the log`, timeoutMs: patienceMs });
  }

  sessionClosed(): Promise<LogLine> {
    return this.logged('closed');
  }

  readonly #isOfLink = ({ endpoint }: LogLine): boolean => endpoint === this.#options.link.address;
}
