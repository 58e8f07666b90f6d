import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Address } from '../../src/model/address.js';
import type { GatewayEvent } from '../../src/model/events.js';
import { applied, unchanged } from '../support/admin-backend.js';
import { loopback, withAdmin, type RunningAdmin } from '../support/admin-server.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('event stream');

/** A reader that speaks HTTP by hand, to read as slowly as it likes. */
class Reader {
  received = '';
  closed = false;
  readonly socket: Socket;

  constructor(scope: Scope, address: Address, head: string) {
    assert.is(address.kind, 'tcp');
    this.socket = connect({ port: address.kind === 'tcp' ? address.port : 0, host: '127.0.0.1' });
    scope.defer(() => this.socket.destroy());
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => (this.received += text));
    this.socket.on('error', () => undefined); // being cut off is what some tests wait for
    this.socket.on('close', () => (this.closed = true));
    this.socket.write(head);
  }

  has(text: string): Promise<boolean> {
    return until(() => this.received.includes(text), { what: `"${text}" on the stream` });
  }
}

const get = (more = ''): string => `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

const pool = (gateway: string): GatewayEvent => ({ type: 'pool-up', gateway, downForMs: 5 });

function withStream(use: (admin: RunningAdmin, open: (head?: string) => Reader) => Promise<void>) {
  return scoped(async (scope) => {
    const listen = loopback(await freePort());
    await withAdmin({ listen }, (admin) =>
      use(admin, (head = get()) => new Reader(scope, listen, head)),
    );
  });
}

test(
  'tells changes of state as they happen, and what came before',
  withStream(async ({ server }, open) => {
    server.observe(pool('before'));
    const reader = open();
    await reader.has('"gateway":"before"');
    server.observe({ type: 'reconciled', verdict: applied });
    server.observe({ type: 'reconciled', verdict: unchanged });
    server.observe(pool('after'));
    await reader.has('"gateway":"after"');
    assert.match(reader.received, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(reader.received, 'event: reconciled\ndata: {');
    assert.not.match(reader.received, 'unchanged');
    await reader.has('event: sample\ndata: {"atMs":');
  }),
);

test(
  'goes on after the last event that a reader had',
  withStream(async ({ server }, open) => {
    server.observe(pool('first'));
    const before = open();
    await before.has('"gateway":"first"');
    const id = /^id: (\S+)$/m.exec(before.received)?.[1] ?? '';
    server.observe(pool('second'));
    const after = open(get(`Last-Event-ID: ${id}\r\n`));
    await after.has('"gateway":"second"');
    assert.not.match(after.received, '"gateway":"first"');
    const stranger = open(get('Last-Event-ID: of-another-process-7\r\n'));
    await stranger.has('"gateway":"first"');
  }),
);

test(
  'drops a reader that does not read, and keeps the others',
  withStream(async ({ server }, open) => {
    const slow = open();
    const quick = open();
    await Promise.all([slow.has('event: sample'), quick.has('event: sample')]);
    slow.socket.pause();
    const large = 'x'.repeat(256 * 1024);
    const rounds = 80;
    for (let round = 0; round < rounds; round += 1) {
      server.observe(pool(`${round}-${large}`));
      await quick.has(`"gateway":"${round}-`);
      quick.received = '';
    }
    slow.socket.resume();
    await until(() => slow.closed, { what: 'the end of the slow reader' });
    assert.ok(slow.received.length < rounds * large.length);
    assert.not.ok(quick.closed);
  }),
);

test(
  'takes a bounded number of readers',
  withStream(async (_admin, open) => {
    const readers = Array.from({ length: 32 }, () => open());
    await Promise.all(readers.map((reader) => reader.has('event: sample')));
    const late = open();
    await late.has('HTTP/1.1 503');
    readers[0]?.socket.destroy();
    await until(
      async () => {
        const reader = open();
        await once(reader.socket, 'data');
        return reader.received.startsWith('HTTP/1.1 200');
      },
      { what: 'a place for another reader' },
    );
  }),
);

test(
  'cuts off a client that never ends its request',
  withStream(async (_admin, open) => {
    const slow = open('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    await until(() => slow.closed, { what: 'the end of the slow client', timeoutMs: 10_000 });
    assert.match(slow.received, /^HTTP\/1\.1 408/);
  }),
);

test(
  'ends its streams when it closes',
  withStream(async ({ server }, open) => {
    const reader = open();
    await reader.has('event: sample');
    await server.close();
    await until(() => reader.closed, { what: 'the end of the stream' });
  }),
);

test.run();
