import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

import {
  answerLimitMs,
  endOf,
  type EtcdClient,
  type Page,
  type WatchEvent,
  type Watching,
} from './client.js';
import type { Result, Value } from './history.js';

/** A client of etcd's JSON gateway, by HTTP/1.1 with keep-alive. */
export class HttpClient implements EtcdClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async put(key: string, value: string, lease?: string): Promise<number> {
    const body = { key: base64(key), value: base64(value), ...(lease && { lease }) };
    const { header } = await this.#ask<{ header: Header }>('/v3/kv/put', body);
    return Number(header.revision);
  }

  async get(key: string): Promise<Value> {
    const { kvs = [] } = await this.#ask<RangeAnswer>('/v3/kv/range', { key: base64(key) });
    return valueOf(kvs);
  }

  async cas(key: string, expected: Value, value: string): Promise<Result> {
    const name = base64(key);
    const condition =
      expected === undefined
        ? { target: 'VERSION', version: 0 }
        : { target: 'VALUE', value: base64(expected) };
    const answer = await this.#ask<TxnAnswer>('/v3/kv/txn', {
      compare: [{ key: name, result: 'EQUAL', ...condition }],
      success: [{ requestPut: { key: name, value: base64(value) } }],
      failure: [{ requestRange: { key: name } }],
    });
    if (answer.succeeded === true) return { kind: 'swapped' };
    return { kind: 'differs', value: valueOf(answer.responses[0]?.response_range?.kvs ?? []) };
  }

  async page(prefix: string, after: string, limit: number): Promise<Page> {
    const answer = await this.#ask<RangeAnswer>('/v3/kv/range', {
      key: base64(after === '' ? prefix : `${after}\0`),
      range_end: base64(endOf(prefix)),
      limit,
    });
    const entries = (answer.kvs ?? []).map((kv) => ({
      ...{ key: plain(kv.key), value: plain(kv.value), revision: Number(kv.mod_revision) },
      createRevision: Number(kv.create_revision),
    }));
    return { entries, more: answer.more ?? false, revision: Number(answer.header.revision) };
  }

  async grant(ttlSeconds: number): Promise<string> {
    return (await this.#ask<{ ID: string }>('/v3/lease/grant', { TTL: ttlSeconds })).ID;
  }

  async keepAlive(lease: string): Promise<number> {
    const body = { ID: lease };
    const { result } = await this.#ask<{ result: { TTL?: string } }>('/v3/lease/keepalive', body);
    return Number(result.TTL ?? 0);
  }

  async revoke(lease: string): Promise<void> {
    await this.#ask('/v3/lease/revoke', { ID: lease }).catch((error: unknown) => {
      if (!String(error).includes('lease not found')) throw error;
    });
  }

  watch(revision: number, take: (events: readonly WatchEvent[]) => void): Watching {
    const create = { key: everything, range_end: everything, start_revision: revision };
    const sent = this.#send('/v3/watch', { create_request: create });
    const ended = follow(sent, take).catch(() => undefined);
    return { ended, cancel: () => void sent.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask<T>(path: string, body: object): Promise<T> {
    const sent = this.#send(path, body);
    const timer = setTimeout(() => sent.destroy(new Error('no answer in time')), answerLimitMs);
    try {
      const answer = await received(sent);
      const said = await text(answer);
      if (answer.statusCode === 200) return JSON.parse(said) as T;
      sent.destroy(); // the next request goes elsewhere
      throw new Error(`${path}: ${answer.statusCode ?? 0} ${said}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #send(path: string, body: object): ClientRequest {
    const sent = request({
      ...{ host: '127.0.0.1', port: this.#port, method: 'POST', path },
      agent: this.#agent,
    });
    // Whoever waits for the answer learns of an error; one that comes after it is of no interest.
    sent.on('error', () => undefined);
    sent.end(JSON.stringify(body));
    return sent;
  }
}

interface Header {
  readonly revision: string;
}

interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision?: string;
  readonly mod_revision: string;
}

interface RangeAnswer {
  readonly header: Header;
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
}

interface TxnAnswer {
  readonly succeeded?: boolean;
  readonly responses: readonly { readonly response_range?: RangeAnswer }[];
}

interface WatchAnswer {
  readonly result?: {
    readonly events?: readonly { readonly type?: 'DELETE'; readonly kv: KeyValue }[];
  };
}

/** Key and end of the range of all keys. */
const everything = base64('\0');

async function received(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

/** Takes what a watch says, a line at a time. @throws when the session breaks. */
async function follow(
  sent: ClientRequest,
  take: (events: readonly WatchEvent[]) => void,
): Promise<void> {
  const answer = await received(sent);
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line, take);
  }
}

function takeLine(line: string, take: (events: readonly WatchEvent[]) => void): void {
  const { events = [] } = (JSON.parse(line) as WatchAnswer).result ?? {};
  if (events.length === 0) return;
  take(
    events.map(({ type, kv }) => ({
      ...{ type: type === 'DELETE' ? 'delete' : 'put', revision: Number(kv.mod_revision) },
      ...{ key: plain(kv.key), value: plain(kv.value) },
    })),
  );
}

function valueOf(kvs: readonly KeyValue[]): Value {
  const [kv] = kvs;
  return kv === undefined ? undefined : plain(kv.value);
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function plain(value = ''): string {
  return Buffer.from(value, 'base64').toString();
}
