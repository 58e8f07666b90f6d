import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';

import type { EtcdClient, WatchEvent } from './client.js';
import { GrpcClient } from './grpc-client.js';
import { HttpClient } from './http-client.js';
import { LeaseHolder } from './leases.js';
import { seeded } from '../support/seeded.js';
import { RegisterGroup } from './registers.js';
import { Watcher } from './watchers.js';
import { Writer } from './writers.js';

const writersOfAKind = 2;
const writerPauseMs = 60;
const groups = 3;

type Kind = 'grpc' | 'http';

/**
 * Everybody who uses etcd through the gateway. At each port, by gRPC and by the JSON gateway: two
 * writers, a watcher and a lease holder. Three groups of four share registers across the ports.
 */
export class Crew {
  readonly writers: Writer[] = [];
  readonly registers: RegisterGroup[] = [];
  readonly watchers: Watcher[] = [];
  readonly holders: LeaseHolder[] = [];
  readonly #clients: EtcdClient[] = [];
  readonly #files: WriteStream[] = [];
  readonly #folder: string;

  /** `folder` gets a file of what each watcher saw, a line an event. */
  constructor(ports: readonly number[], seed: number, folder: string) {
    this.#folder = folder;
    for (const [place, port] of ports.entries()) {
      this.#station(`grpc${place}`, () => this.#client('grpc', port));
      this.#station(`http${place}`, () => this.#client('http', port));
    }
    for (let group = 0; group < groups; group++) {
      const clients = [...ports, ...ports.slice(0, 1)].map((port, place) =>
        this.#client((group + place) % 2 === 0 ? 'grpc' : 'http', port),
      );
      const random = seeded(seed + group + 1);
      this.registers.push(new RegisterGroup(`group${group}`, clients, random));
    }
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.keep();
  }

  /** Resolves when the watchers' files are written; nobody watches any more. */
  async keep(): Promise<void> {
    for (const file of this.#files.splice(0)) {
      file.end();
      await once(file, 'close');
    }
  }

  #station(name: string, connect: () => EtcdClient): void {
    for (let count = 0; count < writersOfAKind; count++) {
      this.writers.push(new Writer(`${name}-${count}`, connect(), writerPauseMs));
    }
    this.holders.push(new LeaseHolder(name, connect()));
    const file = createWriteStream(join(this.#folder, `watcher-${name}.txt`));
    this.#files.push(file);
    const observe = (event: WatchEvent): void => {
      file.write(`${event.revision} ${event.type} ${event.key}\n`);
      for (const holder of this.holders) holder.observe(event);
    };
    this.watchers.push(new Watcher(name, connect(), observe));
  }

  #client(kind: Kind, port: number): EtcdClient {
    const client = kind === 'grpc' ? new GrpcClient(port) : new HttpClient(port);
    this.#clients.push(client);
    return client;
  }
}
