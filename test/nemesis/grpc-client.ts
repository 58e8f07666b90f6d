import { Etcd3, type ICompare, type IKeyValue, type IWatchResponse } from 'etcd3';

import {
  answerLimitMs,
  endOf,
  type EtcdClient,
  type Page,
  type WatchEvent,
  type Watching,
} from './client.js';
import type { Result, Value } from './history.js';

type FaultHandling = NonNullable<
  NonNullable<ConstructorParameters<typeof Etcd3>[0]>['faultHandling']
>;
type Policy = NonNullable<FaultHandling['global']>;

/**
 * A client by gRPC, as most programs are. etcd3 by itself would try a call three times, which makes
 * of a `cas` that has succeeded one that is refused: here each call is made once.
 */
export class GrpcClient implements EtcdClient {
  readonly #host: string;
  #etcd: Etcd3;

  constructor(port: number) {
    this.#host = `http://127.0.0.1:${port}`;
    this.#etcd = connectTo(this.#host);
  }

  async put(key: string, value: string, lease?: string): Promise<number> {
    const request = { key: bytes(key), value: bytes(value), ...(lease && { lease }) };
    const { header } = await this.#ask(async (etcd, limit) => etcd.kv.put(request, limit()));
    return Number(header.revision);
  }

  async get(key: string): Promise<Value> {
    const request = { key: bytes(key) };
    const { kvs } = await this.#ask(async (etcd, limit) => etcd.kv.range(request, limit()));
    return valueOf(kvs);
  }

  async cas(key: string, expected: Value, value: string): Promise<Result> {
    const name = bytes(key);
    const compare: ICompare =
      expected === undefined
        ? { key: name, result: 'Equal', target: 'Version', version: 0 }
        : { key: name, result: 'Equal', target: 'Value', value: bytes(expected) };
    const request = {
      compare: [compare],
      success: [{ request_put: { key: name, value: bytes(value) } }],
      failure: [{ request_range: { key: name } }],
    };
    const answer = await this.#ask(async (etcd, limit) => etcd.kv.txn(request, limit()));
    if (answer.succeeded) return { kind: 'swapped' };
    return { kind: 'differs', value: valueOf(answer.responses[0]?.response_range.kvs ?? []) };
  }

  async page(prefix: string, after: string, limit: number): Promise<Page> {
    const key = bytes(after === '' ? prefix : `${after}\0`);
    const request = { key, range_end: bytes(endOf(prefix)), limit };
    const answer = await this.#ask(async (etcd, options) => etcd.kv.range(request, options()));
    const entries = answer.kvs.map((kv) => ({
      ...{ key: kv.key.toString(), value: kv.value.toString(), revision: Number(kv.mod_revision) },
      createRevision: Number(kv.create_revision),
    }));
    return { entries, more: answer.more, revision: Number(answer.header.revision) };
  }

  async grant(ttlSeconds: number): Promise<string> {
    const request = { TTL: ttlSeconds };
    return (await this.#ask(async (etcd, limit) => etcd.leaseClient.leaseGrant(request, limit())))
      .ID;
  }

  async keepAlive(lease: string): Promise<number> {
    return this.#ask(async (etcd, limit) => {
      const stream = await etcd.leaseClient.leaseKeepAlive(limit());
      return new Promise<number>((resolve, reject) => {
        stream.on('data', ({ TTL }) => {
          resolve(Number(TTL));
          stream.end();
        });
        stream.on('error', reject);
        stream.on('end', () => reject(new Error('the session has ended')));
        stream.write({ ID: lease });
      });
    });
  }

  async revoke(lease: string): Promise<void> {
    await this.#ask(async (etcd, limit) =>
      etcd.leaseClient.leaseRevoke({ ID: lease }, limit()).catch((error: unknown) => {
        if (!String(error).includes('lease not found')) throw error;
      }),
    );
  }

  watch(revision: number, take: (events: readonly WatchEvent[]) => void): Watching {
    let cancelled = false;
    let cancel = (): void => void (cancelled = true);
    const follow = async (): Promise<void> => {
      const stream = await this.#etcd.watchClient.watch();
      cancel = (): void => stream.cancel();
      const ended = new Promise<void>((resolve) => {
        stream.on('end', resolve);
        stream.on('error', () => resolve());
      });
      stream.on('data', (answer) => takeAnswer(answer, take));
      stream.write({
        create_request: { key: everything, range_end: everything, start_revision: revision },
      });
      if (cancelled) stream.cancel();
      await ended;
    };
    // The next session takes a new channel: this one may not have noticed that its member hangs.
    const ended = follow()
      .catch(() => undefined)
      .then(() => this.#renew(this.#etcd));
    return { ended, cancel: () => cancel() };
  }

  close(): void {
    this.#etcd.close();
  }

  async #ask<T>(call: (etcd: Etcd3, limit: () => Limit) => Promise<T>): Promise<T> {
    const etcd = this.#etcd;
    try {
      return await call(etcd, () => ({ deadline: Date.now() + answerLimitMs }));
    } catch (error) {
      this.#renew(etcd);
      throw error;
    }
  }

  #renew(failed: Etcd3): void {
    if (this.#etcd !== failed) return;
    failed.close();
    this.#etcd = connectTo(this.#host);
  }
}

interface Limit {
  readonly deadline: number;
}

const everything = bytes('\0');

/** Calls once, whatever comes of it. */
class Once implements Policy {
  declare readonly _altReturn: never;
  readonly onSuccess = unheard;
  readonly onFailure = unheard;

  async execute<T>(
    run: (context: { readonly signal: AbortSignal }) => PromiseLike<T> | T,
    signal = new AbortController().signal,
  ): Promise<T> {
    return run({ signal });
  }
}

const unheard = (): { dispose: () => void } => ({ dispose: () => undefined });

function connectTo(hosts: string): Etcd3 {
  return new Etcd3({
    hosts,
    faultHandling: { host: () => new Once(), global: new Once() },
    grpcOptions: {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
      'grpc.use_local_subchannel_pool': 1, // a session of its own
    },
  });
}

function takeAnswer(
  { events }: IWatchResponse,
  take: (events: readonly WatchEvent[]) => void,
): void {
  if (events.length === 0) return;
  take(
    events.map(({ type, kv }) => ({
      ...{ type: type === 'Delete' ? 'delete' : 'put', revision: Number(kv.mod_revision) },
      ...{ key: kv.key.toString(), value: kv.value.toString() },
    })),
  );
}

function valueOf(kvs: readonly IKeyValue[]): Value {
  return kvs[0]?.value.toString();
}

function bytes(value: string): Buffer {
  return Buffer.from(value);
}
