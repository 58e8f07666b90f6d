import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Scope } from './scope.js';

/** What an upstream does with a session. */
export type Behaviour = (socket: Socket) => void;

/** Gives back what it gets, and its end too. */
export const echo: Behaviour = (socket) => void socket.pipe(socket);

/** Says `name` and a newline first, then echoes. */
export function identity(name: string): Behaviour {
  return (socket) => {
    socket.write(`${name}\n`);
    echo(socket);
  };
}

/** Accepts and is silent: it neither reads nor answers. */
export const hang: Behaviour = (socket) => void socket.pause();

/** Resets each session as soon as it is there. */
export const reset: Behaviour = (socket) => void socket.resetAndDestroy();

/** Says this and closes its direction; it goes on reading. */
export function sayAndEnd(data: string | Uint8Array): Behaviour {
  return (socket) => {
    socket.end(data);
    socket.resume();
  };
}

/** Reads until the client closes its direction, and answers only then, with the number of bytes. */
export const answerAfterEnd: Behaviour = (socket) => {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  socket.on('end', () => socket.end(`${bytes} bytes\n`));
};

export interface UpstreamSession {
  readonly socket: Socket;
  readonly bytesReceived: number;
  /** The other side has closed its direction. */
  ended: boolean;
  closed: boolean;
  /** `ECONNRESET`, … */
  error: string | undefined;
}

export interface UpstreamOptions {
  readonly behaviour?: Behaviour;
  readonly host?: string;
  readonly port?: number;
  /** In place of a port. */
  readonly path?: string;
}

/** A TCP endpoint that does what a test wants, and records what comes. */
export class Upstream {
  readonly sessions: UpstreamSession[] = [];
  behaviour: Behaviour;
  #server: Server;
  readonly #where: { host: string; port: number } | { path: string };

  private constructor({ behaviour = echo, host = '127.0.0.1', port = 0, path }: UpstreamOptions) {
    this.behaviour = behaviour;
    this.#where = path === undefined ? { host, port } : { path };
    this.#server = this.#create();
  }

  static async start(options: UpstreamOptions = {}): Promise<Upstream> {
    const upstream = new Upstream(options);
    await upstream.listen();
    return upstream;
  }

  get port(): number {
    return 'port' in this.#where ? this.#where.port : 0;
  }

  /** As an endpoint is written in the configuration. */
  get address(): string {
    if ('path' in this.#where) return `unix:${this.#where.path}`;
    const { host, port } = this.#where;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /** Sessions that are open now. */
  get open(): UpstreamSession[] {
    return this.sessions.filter((session) => !session.closed);
  }

  /** Takes new sessions (again), at the same address. */
  async listen(): Promise<void> {
    if (this.#server.listening) return;
    this.#server = this.#create();
    this.#server.listen(this.#where);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if ('port' in this.#where) this.#where.port = (address as AddressInfo).port;
  }

  /** Refuses new sessions and keeps those it has. */
  refuse(): void {
    this.#server.close();
  }

  /** Resets all sessions. */
  resetAll(): void {
    for (const { socket } of this.open) socket.resetAndDestroy();
  }

  /** Refuses new sessions and cuts those it has. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    for (const { socket } of this.open) socket.destroy();
    await closed;
  }

  #create(): Server {
    return createServer({ allowHalfOpen: true }, (socket) => {
      this.#record(socket);
      this.behaviour(socket);
    });
  }

  #record(socket: Socket): void {
    const session: UpstreamSession = {
      socket,
      get bytesReceived() {
        return socket.bytesRead;
      },
      ended: false,
      closed: false,
      error: undefined,
    };
    this.sessions.push(session);
    socket.on('end', () => (session.ended = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (session.error = error.code));
    socket.on('close', () => (session.closed = true));
  }
}

export async function withUpstream(scope: Scope, options?: UpstreamOptions): Promise<Upstream> {
  const upstream = await Upstream.start(options);
  scope.defer(async () => upstream.close());
  return upstream;
}
