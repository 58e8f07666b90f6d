import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Address } from '../../src/model/address.js';
import type { Side, SideOwner } from '../../src/model/side.js';
import { streamSides } from '../../src/kernel/portable/stream-sides.js';
import type { Sides } from '../../src/model/side.js';
import { checksum, collect, patterned } from '../support/bytes.js';
import { withClient } from '../support/client.js';
import { needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped, type Scope } from '../support/scope.js';
import { systemSides } from '../support/system-sides.js';
import { until } from '../support/until.js';

const test = suite('sides');
const onSystemCalls = needsThat(
  test,
  systemSides.kind === 'kernel' ? undefined : 'the sides of this system are portable',
);
const MiB = 1024 * 1024;

/** Notes what a side tells, in order. */
class Witness implements SideOwner {
  readonly heard: string[] = [];
  readonly chunks: Buffer[] = [];
  movedBytes = 0;

  sideRead(_side: Side, chunk: Buffer): void {
    this.chunks.push(Buffer.from(chunk));
    if (this.heard.at(-1) !== 'read') this.heard.push('read');
  }

  sideMoved(_side: Side, bytes: number): void {
    this.movedBytes += bytes;
  }

  sideEnded(): void {
    this.heard.push('ended');
  }

  sideWritable(): void {
    this.heard.push('writable');
  }

  sideFailed(_side: Side, error: NodeJS.ErrnoException): void {
    this.heard.push(`failed ${error.code ?? error.message}`);
  }

  sideClosed(): void {
    this.heard.push('closed');
  }

  async hears(what: string): Promise<void> {
    await until(() => this.heard.includes(what), {
      what: `"${what}" (heard: ${this.heard.join(', ')})`,
    });
  }
}

interface Met {
  readonly side: Side;
  readonly witness: Witness;
}

const options = { keepaliveMs: 15_000, userTimeoutMs: 30_000, freebind: false };

/** A socket that listens for clients of Node's own; resolves with what it has accepted. */
async function withServer(scope: Scope, sides: Sides): Promise<[port: number, Met[]]> {
  const all: Met[] = [];
  const accepted = (side: Side): void => {
    const witness = new Witness();
    side.owner = witness;
    all.push({ side, witness });
    scope.defer(() => side.destroy());
  };
  const acceptor = { accepted, failed: (error: Error) => assert.unreachable(error.message) };
  const address = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const bound = await sides.listen(address, options, acceptor);
  scope.defer(() => bound.close());
  if (bound.address.kind !== 'tcp') throw new Error('no port');
  return [bound.address.port, all];
}

async function accepted(all: readonly Met[]): Promise<Met> {
  return until(() => all[0], { what: 'a client' });
}

async function meet(scope: Scope, sides: Sides): Promise<Met & { client: Socket }> {
  const [port, all] = await withServer(scope, sides);
  const client = await withClient(scope, port);
  return { ...(await accepted(all)), client };
}

/** What becomes of a dial: the side once it has connected, or the error's code. */
function dial(sides: Sides, address: Address): Promise<Side | string> {
  return new Promise((resolve) => {
    let isInside = true;
    const dialer = {
      connected: resolve,
      failed: (_side: Side, error: NodeJS.ErrnoException) => {
        assert.not.ok(isInside, 'told before connect has returned');
        resolve(error.code ?? error.message);
      },
    };
    sides.connect(address, dialer, options);
    isInside = false;
  });
}

for (const sides of new Set([systemSides, streamSides])) {
  const { kind } = sides;

  test(
    `${kind}: tell of bytes, then of the end, and are closed when both directions have ended`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      side.read();
      client.end('hello');
      await witness.hears('ended');
      side.write(Buffer.from('bye'));
      side.end();
      assert.is((await collect(client)).toString(), 'bye');
      await witness.hears('closed');
      assert.equal(witness.heard, ['read', 'ended', 'closed']);
      assert.is(Buffer.concat(witness.chunks).toString(), 'hello');
    }),
  );

  test(
    `${kind}: a reset that comes with the last bytes is none of an end`,
    scoped(async (scope) => {
      const [port, all] = await withServer(scope, sides);
      const client = await withClient(scope, port);
      const { side, witness } = await accepted(all);
      client.write('x');
      await new Promise<void>((done) => client.once('drain', done).write('y', () => done()));
      client.resetAndDestroy(); // sent before this process looks at what has come
      side.read();
      await until(() => witness.heard.length === 2, { what: 'how it ended' });
      assert.equal(witness.heard, ['read', 'failed ECONNRESET']);
      assert.is(Buffer.concat(witness.chunks).toString(), 'xy');
    }),
  );

  test(
    `${kind}: what a peer does not take waits, and goes out before the end`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      const bytes = patterned(MiB);
      let sent = 0;
      while (side.write(bytes) && sent < 64) sent += 1;
      assert.ok(side.pendingBytes > 0);
      side.end();
      assert.is(
        checksum(await collect(client)),
        checksum(Buffer.concat(Array(sent + 1).fill(bytes))),
      );
      assert.is(side.pendingBytes, 0);
      assert.not.ok(witness.heard.includes('closed'), 'its peer has not ended');
    }),
  );

  test(
    `${kind}: are writable again once all is out`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      client.pause();
      while (side.write(patterned(MiB)));
      assert.equal(witness.heard, []);
      client.resume();
      await witness.hears('writable');
      assert.is(side.pendingBytes, 0);
    }),
  );

  test(
    `${kind}: keep nothing of a chunk that is only lent`,
    scoped(async (scope) => {
      const { side, client } = await meet(scope, sides);
      const expected: Buffer[] = [];
      const lent = Buffer.alloc(MiB);
      for (let n = 1, isFree = true; isFree; n += 1) {
        lent.fill(n);
        expected.push(Buffer.from(lent));
        isFree = side.write(lent);
      }
      lent.fill(255);
      side.end();
      assert.is(checksum(await collect(client)), checksum(Buffer.concat(expected)));
    }),
  );

  test(
    `${kind}: chunks small and large go out in their order, and stop at a peer that takes none`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      client.pause();
      const expected: Buffer[] = [];
      for (let seed = 1, isFree = true; isFree && seed < 10_000; seed += 1) {
        const chunk = patterned(seed % 7 === 0 ? 50_000 : 1 + ((seed * 37) % 5_000), seed);
        expected.push(chunk);
        isFree = side.write(chunk);
      }
      assert.ok(side.pendingBytes > 0);
      const gets = collect(client);
      client.resume();
      await witness.hears('writable');
      side.write(Buffer.from('end'));
      side.end();
      const whole = Buffer.concat([...expected, Buffer.from('end')]);
      assert.is(checksum(await gets), checksum(whole));
    }),
  );

  test(
    `${kind}: a peer that takes none of many small chunks makes the writer wait, and gets all`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      client.pause();
      let chunks = 0;
      while (side.write(patterned(1_000, chunks)) && chunks < 1_000_000) {
        chunks += 1;
        if (chunks % 100 === 0) await nextTurn();
      }
      const gets = collect(client);
      client.resume();
      await witness.hears('writable');
      side.end();
      const all = Array.from({ length: chunks + 1 }, (_, seed) => patterned(1_000, seed));
      assert.is(checksum(await gets), checksum(Buffer.concat(all)));
    }),
  );

  test(
    `${kind}: however many small chunks come in one turn, all go out in order before the end`,
    scoped(async (scope) => {
      for (const count of [500, 63, 64, 65, 66, 129]) {
        const { side, client } = await meet(scope, sides);
        const gets = collect(client);
        const chunks = Array.from({ length: count }, (_, seed) => patterned(100, seed));
        for (const chunk of chunks) side.write(chunk);
        side.end();
        assert.is(checksum(await gets), checksum(Buffer.concat(chunks)), `${count} chunks`);
      }
    }),
  );

  test(
    `${kind}: what the kernel had room for has gone out when a side is destroyed`,
    scoped(async (scope) => {
      const { side, client } = await meet(scope, sides);
      const words = collect(client);
      side.write(Buffer.from('fare'));
      side.write(Buffer.from('well'));
      assert.is(side.pendingBytes, 0);
      side.write(Buffer.from('!'));
      side.destroy();
      assert.is((await words).toString(), 'farewell!');
    }),
  );

  for (const when of ['at once', 'with bytes pending', 'right after an end', 'twice'] as const) {
    test(
      `${kind}: a peer sees a reset ${when}`,
      scoped(async (scope) => {
        const { side, witness, client } = await meet(scope, sides);
        let code: string | undefined;
        client.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
        if (when === 'with bytes pending') while (side.write(patterned(MiB)));
        if (when === 'right after an end') side.end();
        side.reset();
        if (when === 'twice') side.reset();
        client.resume();
        const tell = () => client.write(''); // sends nothing, and fails after a reset only
        await until(() => code ?? (tell(), undefined), { what: 'the reset' });
        assert.ok(['ECONNRESET', 'EPIPE'].includes(code ?? ''), code);
        assert.equal(witness.heard, []);
      }),
    );
  }

  test(
    `${kind}: tell of a peer's reset once, and not from inside a write`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      client.resetAndDestroy();
      await once(client, 'close');
      for (let n = 0; n < 3; n += 1) side.write(Buffer.from('x'));
      assert.equal(witness.heard, []);
      side.read();
      await until(() => witness.heard.length > 0, { what: 'the failure' });
      side.write(Buffer.from('x'));
      side.end();
      side.destroy();
      assert.is(witness.heard.length, 1);
      assert.match(witness.heard[0] ?? '', /failed (ECONNRESET|EPIPE)/);
    }),
  );

  test(
    `${kind}: read nothing while they are paused`,
    scoped(async (scope) => {
      const { side, witness, client } = await meet(scope, sides);
      side.read();
      client.write('a');
      await witness.hears('read');
      side.pause();
      side.pause();
      client.end('b');
      const other = await meet(scope, sides);
      other.side.read();
      other.client.end('c');
      await other.witness.hears('ended');
      assert.equal(witness.heard, ['read']);
      side.read();
      await witness.hears('ended');
      assert.is(Buffer.concat(witness.chunks).toString(), 'ab');
    }),
  );

  test(
    `${kind}: know both names while they are open`,
    scoped(async (scope) => {
      const { side, client } = await meet(scope, sides);
      assert.equal(side.peer(), { host: '127.0.0.1', port: client.localPort });
      assert.equal(side.local(), { host: '127.0.0.1', port: client.remotePort });
    }),
  );

  test(
    `${kind}: dial by IPv4, IPv6 and path`,
    scoped(async (scope) => {
      const path = join(await scope.tempDir(), 'one.sock');
      for (const target of ['127.0.0.1', '::1', path]) {
        const server = createServer((peer) => peer.end(target));
        server.listen(target === path ? { path } : { host: target, port: 0 });
        await once(server, 'listening');
        const bound = server.address();
        const address: Address =
          bound === null || typeof bound === 'string'
            ? { kind: 'unix', path }
            : { kind: 'tcp', host: target, port: bound.port };
        const side = await dial(sides, address);
        if (typeof side === 'string') throw new Error(`${target}: ${side}`);
        const witness = new Witness();
        side.owner = witness;
        assert.is(side.isTcp, target !== path);
        side.read();
        await witness.hears('ended');
        side.end();
        await witness.hears('closed');
        assert.is(Buffer.concat(witness.chunks).toString(), target);
        server.close();
      }
    }),
  );

  test(
    `${kind}: say why a dial has failed, and only after it has returned`,
    scoped(async (scope) => {
      const path = join(await scope.tempDir(), 'nobody.sock');
      const port = await freePort();
      assert.is(await dial(sides, { kind: 'tcp', host: '127.0.0.1', port }), 'ECONNREFUSED');
      assert.is(await dial(sides, { kind: 'tcp', host: '::1', port }), 'ECONNREFUSED');
      assert.is(await dial(sides, { kind: 'unix', path }), 'ENOENT');
    }),
  );

  test(
    `${kind}: a dial that is given up tells nobody`,
    scoped(async (scope) => {
      const [port, all] = await withServer(scope, sides);
      const told: string[] = [];
      const dialer = { connected: () => told.push('connected'), failed: () => told.push('failed') };
      sides.connect({ kind: 'tcp', host: '127.0.0.1', port }, dialer, options).destroy();
      const refused = { kind: 'tcp', host: '127.0.0.1', port: await freePort() } as const;
      sides.connect(refused, dialer, options).destroy();
      await withClient(scope, port);
      await until(() => all.length > 0, { what: 'a later client' });
      assert.equal(told, []);
    }),
  );
}

/** A session that is moved inside the kernel: from what `from` sends to what `to` gets. */
async function withMoving(
  scope: Scope,
): Promise<{ from: Socket; to: Socket; source: Met; sink: Met }> {
  const first = await meet(scope, systemSides);
  const second = await meet(scope, systemSides);
  const { witness } = first;
  witness.sideEnded = () => {
    witness.heard.push('ended');
    second.side.end();
  };
  first.side.read();
  second.side.read();
  assert.ok(first.side.moveTo(second.side));
  return { from: first.client, to: second.client, source: first, sink: second };
}

onSystemCalls(
  'bulk is moved inside the kernel, byte for byte, and its end after it',
  scoped(async (scope) => {
    const { from, to, source } = await withMoving(scope);
    const bytes = patterned(24 * MiB);
    from.end(bytes);
    assert.is(checksum(await collect(to)), checksum(bytes));
    assert.equal(source.witness.heard, ['ended']);
    assert.is(source.witness.movedBytes, bytes.length);
  }),
);

onSystemCalls(
  'a reader that takes nothing stops a direction that is moved; what is held is bounded',
  scoped(async (scope) => {
    const { from, to, source, sink } = await withMoving(scope);
    to.pause();
    const bytes = patterned(64 * MiB);
    from.end(bytes);
    await until(() => sink.side.pendingBytes > 0, { what: 'a full pipe' });
    const before = source.witness.movedBytes;
    assert.ok(sink.side.pendingBytes <= 256 * 1024, `${sink.side.pendingBytes} bytes are held`);
    assert.ok(before < bytes.length);
    const gets = collect(to);
    to.resume();
    assert.is(checksum(await gets), checksum(bytes));
    assert.is(sink.side.pendingBytes, 0);
  }),
);

onSystemCalls(
  'what comes in small portions is read again, and nothing is lost on the way',
  scoped(async (scope) => {
    const { from, to, source, sink } = await withMoving(scope);
    const gets = collect(to);
    const said: Buffer[] = [];
    source.witness.sideRead = (_side, chunk) => {
      source.witness.heard.push('read');
      sink.side.write(chunk);
    };
    for (let n = 0; n < 200; n += 1) {
      said.push(patterned(100, n));
      from.write(patterned(100, n));
      await new Promise((done) => setImmediate(done));
    }
    await until(() => source.witness.heard.includes('read'), { what: 'bytes that are read' });
    from.end();
    assert.is(checksum(await gets), checksum(Buffer.concat(said)));
  }),
);

onSystemCalls(
  'bulk is moved from the middle of a read on, with no event to come',
  scoped(async (scope) => {
    const first = await meet(scope, systemSides);
    const second = await meet(scope, systemSides);
    const bytes = patterned(MiB);
    first.client.end(bytes);
    await until(() => first.client.bytesWritten === MiB, { what: 'the client to have sent all' });
    let reads = 0;
    first.witness.sideRead = (side, chunk) => {
      second.side.write(chunk);
      reads += 1;
      assert.ok(side.moveTo(second.side));
    };
    first.witness.sideEnded = () => second.side.end();
    const gets = collect(second.client);
    first.side.read();
    assert.is(checksum(await gets), checksum(bytes));
    assert.is(reads, 1);
  }),
);

for (const who of ['source', 'sink'] as const) {
  onSystemCalls(
    `a reset of the ${who} while bytes are moved is told, and its pipe is given back`,
    scoped(async (scope) => {
      const { from, to, source, sink } = await withMoving(scope);
      to.pause();
      from.on('error', () => undefined);
      to.on('error', () => undefined);
      from.write(patterned(64 * MiB));
      await until(() => sink.side.pendingBytes > 0, { what: 'a full pipe' });
      if (who === 'sink') {
        to.resetAndDestroy();
        await sink.witness.hears('failed ECONNRESET');
      } else {
        from.resetAndDestroy();
        to.resume();
        await source.witness.hears('failed ECONNRESET');
      }
      source.side.destroy();
      sink.side.destroy();
    }),
  );
}

test('no bytes of a client are lost that has reset before it was accepted', async () => {
  const scope = scoped(async (inner) => {
    const [port, all] = await withServer(inner, systemSides);
    const script = `const s = require('node:net').connect(${port}, '127.0.0.1', () => {
      s.write('x', () => s.resetAndDestroy());
    });`;
    execFileSync(process.execPath, ['-e', script]);
    const { side, witness } = await accepted(all);
    assert.is(side.peer(), undefined);
    side.read();
    await witness.hears('failed ECONNRESET');
    assert.equal(witness.heard, ['read', 'failed ECONNRESET']);
  });
  await scope();
});

test.run();
