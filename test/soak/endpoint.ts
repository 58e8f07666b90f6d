import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { freePort } from '../support/ports.js';
import type { Scope } from '../support/scope.js';
import { identity, type Behaviour } from '../support/upstream.js';

/** Says its name, echoes, and remembers nothing of a session that has ended. */
export class SoakEndpoint {
  readonly name: string;
  /** When it last reset all its sessions, on the clock of `performance.now()`. */
  cutAtMs = Number.NEGATIVE_INFINITY;
  /** When it last began to refuse new ones: the kernel resets those it had not accepted yet. */
  refusedAtMs = Number.NEGATIVE_INFINITY;
  readonly #behaviour: Behaviour;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  #server: Server | undefined;

  /** @param port none that the kernel may give to an outgoing connection meanwhile. */
  constructor(name: string, port: number) {
    this.name = name;
    this.#port = port;
    this.#behaviour = identity(name);
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#take(socket));
    this.#server.listen({ port: this.#port, host: '127.0.0.1', backlog: 4_096 });
    await once(this.#server, 'listening');
  }

  /** Refuses new sessions and keeps those it has. */
  refuse(): void {
    this.refusedAtMs = performance.now();
    this.#server?.close();
  }

  /** Refuses new sessions and resets all it has, as a process that is killed. */
  cut(): void {
    this.refuse();
    this.cutAtMs = performance.now();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    this.#behaviour(socket);
  }
}

export async function withSoakEndpoint(scope: Scope, name: string): Promise<SoakEndpoint> {
  const endpoint = new SoakEndpoint(name, await freePort());
  await endpoint.listen();
  scope.defer(() => endpoint.cut());
  return endpoint;
}
