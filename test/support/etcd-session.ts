import { once } from 'node:events';
import { request as requestHttp, Agent } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Scope } from './scope.js';

export interface SessionTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * One client with one connection: it asks etcd without pause and notes which member answers. It never
 * connects again, so an error means that its connection has not survived.
 */
export class EtcdSession {
  /** Hex, as etcdctl prints ids; empty before the first answer. */
  memberId = '';
  answers = 0;
  error: string | undefined;
  readonly #agent: Agent;
  readonly #port: number;
  readonly #send: typeof requestHttp;
  #closed = false;
  #connections = 0;

  constructor(port: number, tls?: SessionTls) {
    const options = { keepAlive: true, maxSockets: 1 };
    this.#port = port;
    this.#agent = tls ? new TlsAgent({ ...options, ...tls }) : new Agent(options);
    this.#send = tls ? requestTls : requestHttp;
  }

  async run(): Promise<void> {
    while (!this.#closed && this.error === undefined) {
      await this.#ask().catch((error: unknown) => (this.error = String(error)));
      await sleep(10);
    }
  }

  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    const asking = this.#send({
      ...{ agent: this.#agent, port: this.#port, host: '127.0.0.1', method: 'POST' },
      path: '/v3/kv/range',
    });
    asking.on('socket', (socket) => {
      if (socket.connecting && ++this.#connections > 1)
        socket.destroy(new Error('had to reconnect'));
    });
    asking.end('{"key":"AA=="}');
    const [response] = (await once(asking, 'response')) as [AsyncIterable<Buffer>];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { header } = JSON.parse(text) as { readonly header?: { readonly member_id: string } };
    // Without a header it is an error, as in an election: the session lives on all the same.
    if (header) this.memberId = BigInt(header.member_id).toString(16);
    this.answers++;
  }
}

/** Sessions that run until the test ends. */
export function withSessions(
  scope: Scope,
  port: number,
  count: number,
  tls?: SessionTls,
): EtcdSession[] {
  const sessions = Array.from({ length: count }, () => new EtcdSession(port, tls));
  const runs = sessions.map((session) => session.run());
  scope.defer(async () => {
    for (const session of sessions) session.close();
    await Promise.all(runs);
  });
  return sessions;
}
