import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Sides } from '../../src/model/side.js';
import { streamSides } from '../../src/kernel/portable/stream-sides.js';
import { checksum, collect, patterned, readExactly, writeAll } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { withLive } from '../support/live.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';
import {
  answerAfterEnd,
  echo,
  identity,
  sayAndEnd,
  withUpstream,
  type Upstream,
} from '../support/upstream.js';

const test = suite('relay');
const MiB = 1024 * 1024;

/** Puts what is tested in front of an upstream; returns its port. */
type Front = (scope: Scope, upstream: Upstream) => Promise<number>;

const fronts: Readonly<Record<string, Front>> = {
  'on system calls': gatewayOn(systemSides),
  portable: gatewayOn(streamSides),
};

function gatewayOn(sides: Sides): Front {
  return async (scope, { address }) => {
    const main = { endpoints: [address], settings: { firstByteTimeoutMs: 0 } };
    return (await withLive(scope, main, { sides })).port;
  };
}

for (const [name, front] of Object.entries(fronts)) {
  test(
    `${name}: the client's end leaves the answer alone`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: answerAfterEnd });
      const client = await withClient(scope, await front(scope, upstream));
      client.end('12345');
      assert.is((await collect(client)).toString(), '5 bytes\n');
    }),
  );

  test(
    `${name}: the upstream's end leaves the upload alone`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: sayAndEnd('enough\n') });
      const client = await withClient(scope, await front(scope, upstream));
      assert.is((await collect(client)).toString(), 'enough\n');
      await writeAll(client, patterned(MiB));
      client.end();
      const [session] = upstream.sessions;
      await until(() => session?.closed, { what: 'the session to end' });
      assert.is(session?.bytesReceived, MiB);
      assert.is(session?.error, undefined);
    }),
  );

  test(
    `${name}: an upstream may speak first`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: identity('infra0') });
      const client = await withClient(scope, await front(scope, upstream));
      assert.is((await readExactly(client, 7)).toString(), 'infra0\n');
    }),
  );

  test(
    `${name}: an end with bytes outstanding loses none of them`,
    scoped(async (scope) => {
      const bytes = patterned(8 * MiB);
      const upstream = await withUpstream(scope, { behaviour: sayAndEnd(bytes) });
      const client = await withClient(scope, await front(scope, upstream));
      await until(() => upstream.sessions.length === 1, { what: 'the session' });
      await sleep(50); // all buffers fill up while nobody reads
      assert.is(checksum(await collect(client)), checksum(bytes));
    }),
  );

  test(
    `${name}: the client's bytes before its end all arrive`,
    scoped(async (scope) => {
      const received: Buffer[] = [];
      const upstream = await withUpstream(scope, {
        behaviour: (socket) => void socket.on('data', (chunk: Buffer) => received.push(chunk)),
      });
      const client = await withClient(scope, await front(scope, upstream));
      client.end(patterned(8 * MiB));
      await until(() => upstream.sessions[0]?.ended, { what: 'the end to arrive' });
      assert.is(checksum(Buffer.concat(received)), checksum(patterned(8 * MiB)));
    }),
  );

  test(
    `${name}: a client's reset is a reset for the upstream`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope);
      const client = await withClient(scope, await front(scope, upstream));
      client.write('x');
      await readExactly(client, 1);
      client.resetAndDestroy();
      await until(() => upstream.sessions[0]?.closed, { what: 'the session to end' });
      assert.is(upstream.sessions[0]?.error, 'ECONNRESET');
    }),
  );

  test(
    `${name}: an upstream's reset is a reset for the client`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope);
      const client = await withClient(scope, await front(scope, upstream));
      client.write('x');
      await readExactly(client, 1);
      const failed = once(client, 'error');
      upstream.resetAll();
      client.resume();
      const [error] = (await failed) as [NodeJS.ErrnoException];
      assert.is(error.code, 'ECONNRESET');
    }),
  );

  test(
    `${name}: messages of one byte, and such as fill buffers exactly or just not`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope);
      const client = await withClient(scope, await front(scope, upstream));
      const sizes = [1, 1, 1, 4095, 4096, 4097, 4096, 65_535, 65_536, 65_537, 65_536, 131_072, 1];
      for (const [seed, size] of [...sizes, ...Array.from({ length: 200 }, () => 1)].entries()) {
        const bytes = patterned(size, seed);
        const answer = readExactly(client, size);
        client.write(bytes);
        assert.ok(bytes.equals(await answer), `${size} bytes came back as others`);
      }
    }),
  );

  test(
    `${name}: a reader that stands still holds its writer back, and gets everything`,
    scoped(async (scope) => {
      const bytes = patterned(50 * MiB);
      let written = 0;
      const upstream = await withUpstream(scope, {
        behaviour: (socket) => {
          void (async () => {
            for (; written < bytes.length; written += MiB) {
              await writeAll(socket, bytes.subarray(written, written + MiB));
            }
            socket.end();
          })();
        },
      });
      const client = await withClient(scope, await front(scope, upstream));
      await standsStill(() => written);
      assert.ok(written < 30 * MiB, `${written} bytes are somewhere`);
      assert.is(checksum(await collect(client)), checksum(bytes));
    }),
  );

  test(
    `${name}: bytes of one session never reach another one, also when it stalls`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope);
      const port = await front(scope, upstream);
      const stalled = await Promise.all([1, 2, 3].map((seed) => stall(scope, port, seed)));
      const busy = await withClient(scope, port);
      for (let seed = 100; seed < 130; seed += 1) {
        const bytes = patterned(100_000, seed);
        const answer = readExactly(busy, bytes.length);
        busy.write(bytes);
        assert.ok(bytes.equals(await answer));
      }
      for (const finish of stalled) await finish();
    }),
  );

  test(
    `${name}: both directions at once, in pieces of any size, with pauses`,
    scoped(async (scope) => {
      const piece = fc.record(
        {
          size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300_000 })),
          pauseMs: fc.constantFrom(0, 0, 0, 1, 3),
        },
        { noNullPrototype: true },
      );
      const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });
      let download: Buffer = Buffer.alloc(0);
      let plan: readonly Piece[] = [];
      const uploads: Promise<Buffer>[] = [];
      const upstream = await withUpstream(scope, {
        behaviour: (socket) => {
          uploads.push(collect(socket));
          void send(socket, download, plan);
        },
      });
      const port = await front(scope, upstream);
      await fc.assert(
        fc.asyncProperty(pieces, pieces, async (up, down) => {
          download = patterned(totalOf(down), 1);
          plan = down;
          const upload = patterned(totalOf(up), 2);
          const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
          const [received] = await Promise.all([collect(client), send(client, upload, up)]);
          assert.is(checksum(received), checksum(download));
          assert.is(checksum((await uploads.pop()) ?? Buffer.alloc(0)), checksum(upload));
        }),
        { numRuns: 25 },
      );
    }),
  );
}

interface Piece {
  readonly size: number;
  readonly pauseMs: number;
}

function totalOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

async function send(socket: Socket, bytes: Buffer, pieces: readonly Piece[]): Promise<void> {
  let at = 0;
  for (const { size, pauseMs } of pieces) {
    socket.write(bytes.subarray(at, at + size));
    at += size;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  socket.end();
}

/** A client that sends to an echo and does not read; the returned function reads and compares. */
async function stall(scope: Scope, port: number, seed: number): Promise<() => Promise<void>> {
  const client = await withClient(scope, port);
  const bytes = patterned(24 * MiB, seed);
  const sent = writeAll(client, bytes);
  await standsStill(() => client.bytesWritten - client.writableLength);
  return async () => {
    const received = await readExactly(client, bytes.length);
    await sent;
    assert.is(checksum(received), checksum(bytes));
    client.destroy();
  };
}

/** Waits until a number has stopped growing. */
async function standsStill(read: () => number): Promise<void> {
  let last = -1;
  let sinceMs = performance.now();
  await until(
    () => {
      const now = read();
      if (now !== last) sinceMs = performance.now();
      last = now;
      return now > 0 && performance.now() - sinceMs > 150;
    },
    { what: 'everything to stand still', timeoutMs: 20_000 },
  );
}

test(
  'an upstream that echoes through a gateway serves 500 sessions at once',
  scoped(async (scope) => {
    const upstream = await withUpstream(scope, { behaviour: echo });
    const live = await withLive(scope, { endpoints: [upstream.address] });
    const clients = await Promise.all(
      Array.from({ length: 500 }, () => withClient(scope, live.port)),
    );
    await Promise.all(
      clients.map(async (client, seed) => {
        const bytes = patterned(10_000, seed);
        const answer = readExactly(client, bytes.length);
        client.write(bytes);
        assert.ok(bytes.equals(await answer));
        client.end();
      }),
    );
    const done = () => live.closed.filter(({ end }) => end === 'done').length === 500;
    await until(done, { what: 'all sessions to end' });
    assert.ok(live.closed.every((one) => one.bytesSent === 10_000 && one.bytesReceived === 10_000));
  }),
);

test.run();
