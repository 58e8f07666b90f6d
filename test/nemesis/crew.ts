import type { EtcdClient } from './client.js';
import { GrpcClient } from './grpc-client.js';
import { HttpClient } from './http-client.js';
import { LeaseHolder } from './leases.js';
import { seeded } from './random.js';
import { RegisterGroup } from './registers.js';
import { Watcher } from './watchers.js';
import { Writer } from './writers.js';

const writersPerPort = 4;
const writerPauseMs = 60;
const groups = 3;

/** Everybody who uses etcd through the gateway; half by gRPC, half by the JSON gateway. */
export class Crew {
  readonly writers: Writer[] = [];
  readonly registers: RegisterGroup[] = [];
  readonly watchers: Watcher[] = [];
  readonly holders: LeaseHolder[] = [];
  readonly #clients: EtcdClient[] = [];

  /** Every kind of client stands at each of the gateway's ports. */
  constructor(ports: readonly number[], seed: number) {
    for (const [place, port] of ports.entries()) {
      for (const kind of kinds) {
        for (let count = 0; count < writersPerPort / kinds.length; count++) {
          const writer = new Writer(
            `${kind}${place}${count}`,
            this.#client(kind, port),
            writerPauseMs,
          );
          this.writers.push(writer);
        }
        const holder = new LeaseHolder(`${kind}${place}`, this.#client(kind, port));
        this.holders.push(holder);
        this.watchers.push(
          new Watcher(`${kind}${place}`, this.#client(kind, port), (event) => {
            for (const each of this.holders) each.observe(event);
          }),
        );
      }
    }
    for (let group = 0; group < groups; group++) {
      const clients = ports.map((port, place) => this.#client(kinds[(group + place) % 2], port));
      const name = `group${group}`;
      this.registers.push(
        new RegisterGroup(
          name,
          [...clients, this.#client('grpc', ports[0])],
          seeded(seed + group + 1),
        ),
      );
    }
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #client(kind: Kind = 'http', port = 0): EtcdClient {
    const client = kind === 'grpc' ? new GrpcClient(port) : new HttpClient(port);
    this.#clients.push(client);
    return client;
  }
}

type Kind = (typeof kinds)[number];

const kinds = ['http', 'grpc'] as const;
