import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Address } from '../../src/model/address.js';
import { Answers } from '../../src/observe/admin/answers.js';
import { gatewayView, upstreamView } from '../support/admin-backend.js';
import { ask, loopback, openAdmin, type RunningAdmin } from '../support/admin-server.js';
import { FakeClock } from '../support/fake-clock.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('admin server: hostile clients');

interface Open {
  readonly admin: RunningAdmin;
  readonly address: Address;
  /** A new connection, destroyed when the test ends. */
  readonly client: () => Promise<Socket>;
}

async function open(scope: Scope): Promise<Open> {
  const port = await freePort();
  const admin = await openAdmin(scope, { listen: loopback(port) });
  const client = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    scope.defer(() => socket.destroy());
    socket.on('error', () => socket.destroy()); // the server may break off: that is what is tested
    await once(socket, 'connect');
    return socket;
  };
  return { admin, address: loopback(port), client };
}

async function lives(address: Address): Promise<void> {
  assert.is((await ask(address, '/livez')).status, 200);
}

const head = (line: string): string => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;

test(
  'makes one answer at a time for a client that sends ahead and does not read',
  scoped(async (scope) => {
    const { admin, address, client } = await open(scope);
    const upstreams = Array.from({ length: 1_000 }, (_, nth) =>
      upstreamView(`10.0.0.1:${nth + 1}`),
    );
    admin.backend.views = Array.from({ length: 20 }, (_, nth) => gatewayView(`g${nth}`, upstreams));
    const socket = await client();
    socket.pause();
    socket.write(`${head('GET /api/v1/state')}\r\n`.repeat(10));
    await until(() => admin.backend.looks > 0, { what: 'the first request' });
    await lives(address);
    assert.is(admin.backend.looks, 1, 'its megabytes are not taken: the others wait');
  }),
);

test(
  'holds one body for all who ask at once, few for those who come later, and cuts off who does not read',
  scoped(async (scope) => {
    const { admin, address, client } = await open(scope);
    const upstreams = Array.from({ length: 1_000 }, (_, nth) =>
      upstreamView(`10.0.0.1:${nth + 1}`),
    );
    admin.backend.views = Array.from({ length: 20 }, (_, nth) => gatewayView(`g${nth}`, upstreams));
    const bytes = (await ask(address, '/api/v1/state')).body.length;
    assert.ok(bytes > 5e6, `${bytes} bytes are few`);
    const looksBefore = admin.backend.looks;
    const before = process.memoryUsage();
    const crowd: Socket[] = [];
    for (let wave = 0; wave < 6; wave += 1) {
      const looks = admin.backend.looks;
      for (let n = 0; n < 20; n += 1) {
        const socket = await client();
        socket.pause();
        crowd.push(socket);
      }
      for (const socket of crowd.slice(-20)) socket.write(`${head('GET /api/v1/state')}\r\n`);
      await until(() => admin.backend.looks > looks, { what: 'an answer' });
      await lives(address);
    }
    assert.ok(admin.backend.looks - looksBefore <= 14, `${admin.backend.looks} answers were made`);
    const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
    assert.ok(grown < 32 * 1024 * 1024 + 3 * bytes, `${grown} bytes are held`);
    assert.is((await ask(address, '/api/v1/state')).body.length, bytes, 'who reads gets it all');
  }),
);

test(
  'cuts off a reader that takes nothing for ten seconds, and none that is slow',
  scoped(async (scope) => {
    const clock = new FakeClock();
    const answers = new Answers(clock);
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    const server = createServer((_request, response) => {
      answers.send(response, { status: 200, type: 'text/plain', body });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => server.close());
    const reader = async (): Promise<{ socket: Socket; bytes: () => number }> => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      scope.defer(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.write(`${head('GET /')}Connection: close\r\n\r\n`);
      socket.pause();
      await until(() => socket.bytesWritten > 0 && !socket.connecting, { what: 'the request' });
      return { socket, bytes: () => socket.bytesRead };
    };
    const [stuck, slow] = [await reader(), await reader()];
    await until(() => server.listening && answers.waiting === 2, { what: 'both to wait' });
    slow.socket.on('data', () => {
      slow.socket.pause();
      setTimeout(() => slow.socket.resume(), 1);
    });
    for (let second = 0; second < 12; second += 1) {
      const taken = slow.bytes();
      slow.socket.resume();
      await until(() => slow.bytes() > taken + 300_000 || slow.bytes() > body.length, {
        what: 'more',
      });
      clock.advance(1_000);
    }
    assert.is(answers.waiting, slow.bytes() > body.length ? 0 : 1);
    await until(() => slow.bytes() > body.length, { what: 'the whole body' });
    stuck.socket.resume();
    await once(stuck.socket, 'close');
    assert.ok(stuck.bytes() < body.length);
  }),
);

test(
  'closes a connection with too many requests under way',
  scoped(async (scope) => {
    const { admin, address, client } = await open(scope);
    const socket = await client();
    socket.resume();
    const closed = once(socket, 'close');
    socket.write(`${head('GET /api/v1/state')}\r\n`.repeat(1_000));
    await closed;
    assert.ok(admin.backend.looks <= 16, `${admin.backend.looks} of 1,000`);
    await lives(address);
  }),
);

test(
  'answers requests that were sent ahead in their order',
  scoped(async (scope) => {
    const { client } = await open(scope);
    const socket = await client();
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const wanted = ['/livez', '/api/v1/state', '/nowhere', '/readyz'];
    const closing = `${head('GET /livez')}Connection: close\r\n\r\n`;
    socket.write(wanted.map((path) => `${head(`GET ${path}`)}\r\n`).join('') + closing);
    await once(socket, 'close');
    const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
    assert.equal(statuses, ['200', '200', '404', '200', '200']);
  }),
);

test(
  'reads no body to its end, however it comes',
  scoped(async (scope) => {
    const { admin, address, client } = await open(scope);
    for (const kind of ['Content-Length: 1000000000', 'Transfer-Encoding: chunked']) {
      const socket = await client();
      socket.resume();
      const closed = once(socket, 'close');
      socket.write(`${head('POST /api/v1/reload')}${kind}\r\n\r\n`);
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const writing = setInterval(() => socket.write(chunk), 1);
      await closed;
      clearInterval(writing);
    }
    assert.is(admin.backend.reloads, 0);
    await lives(address);
  }),
);

test(
  'closes those who say nothing, or too little, within seconds, and answers others meanwhile',
  scoped(async (scope) => {
    const { address, client } = await open(scope);
    const silent = await Promise.all(Array.from({ length: 50 }, client));
    const slow = await Promise.all(Array.from({ length: 50 }, client));
    const closed = [...silent, ...slow].map((socket) => {
      socket.resume();
      return once(socket, 'close');
    });
    for (const socket of slow) socket.write('GET / HTTP/1.1\r\n');
    const dripping = setInterval(() => slow.map((socket) => socket.write('X: y\r\n')), 200);
    scope.defer(() => clearInterval(dripping));
    await lives(address);
    await Promise.all(closed);
    await lives(address);
  }),
);

test(
  'takes new connections once a flood of them is over',
  scoped(async (scope) => {
    const { address, client } = await open(scope);
    const flood = await Promise.all(Array.from({ length: 300 }, client));
    for (const socket of flood) socket.destroy();
    await until(async () => (await ask(address, '/livez')).status === 200, { what: 'an answer' });
  }),
);

test.run();
