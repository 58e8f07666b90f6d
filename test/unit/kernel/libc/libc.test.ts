import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Descriptor } from '../../../../src/kernel/libc/descriptor.js';
import { systemError } from '../../../../src/kernel/libc/errors.js';
import { openLibc, type Libc } from '../../../../src/kernel/libc/libc.js';
import { Memory } from '../../../../src/kernel/libc/memory.js';
import { SocketAddress } from '../../../../src/kernel/libc/socket-address.js';
import { needsThat } from '../../../support/needs.js';

const found = await openLibc();
const plain = suite('system calls');
const test = needsThat(plain, found ? undefined : 'there are no plain system calls here');

function calls(): Libc {
  if (!found) throw new Error('no calls');
  return found;
}

/** Values that are of no use to any call, whatever the compiler says. */
const wrong: readonly unknown[] = [
  ...[undefined, null, NaN, Infinity, -1, 1.5, 2 ** 40, '', 'x', {}, [], () => 0, 10n],
  ...[Buffer.alloc(4), { number: 1 }, { bytes: Buffer.alloc(1), address: 1 }, Descriptor.none],
];

test('wrong arguments of every kind are errors, never a crash', () => {
  const libc = calls();
  const memory = libc.allocate(64);
  const ends = libc.pipe();
  if (typeof ends === 'number') throw systemError(ends, 'pipe2');
  const [reads, writes] = ends;
  const right: Readonly<Record<string, readonly unknown[]>> = {
    read: [reads, memory, 0, 64],
    write: [writes, memory, 0, 64],
    send: [writes, Buffer.alloc(8)],
    splice: [reads, writes, 8],
    shutdownWrite: [writes],
    socket: [1],
    bind: [reads, memory, 16],
    listen: [reads, 8],
    accept: [reads],
    connect: [reads, memory, 16],
    getsockname: [reads, memory],
    getpeername: [reads, memory],
    setOption: [reads, 1, 2, 1],
    lingerNot: [reads],
    getOption: [reads, 1, 2],
    epollAdd: [reads, writes, memory],
    epollModify: [reads, writes, memory],
    epollWait: [reads, memory, 4, 0],
    setPipeSize: [writes, 65_536],
    pipeSize: [writes],
    interfaceIndex: ['lo'],
    inetPton: [2, '127.0.0.1', memory, 0],
    inetNtop: [10, Buffer.alloc(16)],
    interfaceName: [1],
  };
  const methods = libc as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;
  let refused = 0;
  for (const [name, args] of Object.entries(right)) {
    for (let place = 0; place < args.length; place += 1) {
      for (const value of wrong) {
        const given = args.map((arg, n) => (n === place ? value : arg));
        try {
          const result = methods[name]?.call(libc, ...given);
          // what is right by its type is for the kernel to refuse, or to take
          if (result instanceof Descriptor) libc.close(result);
        } catch (error) {
          assert.ok(error instanceof Error, String(error));
          refused += 1;
        }
      }
    }
  }
  assert.ok(refused > 500, `${refused} refused`);
  libc.close(reads);
  libc.close(writes);
});

test('no call reaches beyond its memory', () => {
  const libc = calls();
  const memory = libc.allocate(64);
  const ends = libc.pipe();
  if (typeof ends === 'number') throw systemError(ends, 'pipe2');
  const [reads, writes] = ends;
  const beyond: readonly (readonly [number, number])[] = [
    [0, 65],
    [1, 64],
    [64, 1],
    [65, 0],
    [-1, 8],
    [0, -1],
    [2 ** 31, 1],
    [NaN, 1],
    [0, NaN],
  ];
  for (const [offset, length] of beyond) {
    assert.throws(() => libc.read(reads, memory, offset, length), RangeErrorOnly);
    assert.throws(() => libc.write(writes, memory, offset, length), RangeErrorOnly);
  }
  assert.is(libc.write(writes, memory, 0, 64), 64);
  assert.is(libc.read(reads, memory, 32, 32), 32);
  libc.close(reads);
  libc.close(writes);
});

function RangeErrorOnly(error: Error): boolean {
  return error instanceof RangeError;
}

test('a descriptor that is closed is used no more, and closed only once', () => {
  const libc = calls();
  const ends = libc.pipe();
  if (typeof ends === 'number') throw systemError(ends, 'pipe2');
  for (const end of ends) {
    libc.close(end);
    libc.close(end);
    assert.is(end.isOpen, false);
    assert.throws(() => libc.read(end, libc.allocate(8), 0, 8), /closed descriptor/);
  }
});

test('errors have the words and fields of those that Node makes', () => {
  const error = systemError(-111, 'connect', {
    kind: 'tcp',
    host: '127.0.0.1',
    port: 2379,
  }) as NodeJS.ErrnoException;
  assert.is(error.message, 'connect ECONNREFUSED 127.0.0.1:2379');
  assert.equal([error.code, error.errno, error.syscall], ['ECONNREFUSED', -111, 'connect']);
});

test('memory keeps its address while it is used', () => {
  const libc = calls();
  const memory = libc.allocate(1024);
  assert.instance(memory, Memory);
  const ends = libc.pipe();
  if (typeof ends === 'number') throw systemError(ends, 'pipe2');
  const [reads, writes] = ends;
  for (let n = 0; n < 100; n += 1) {
    for (let k = 0; k < 100; k += 1) Buffer.allocUnsafeSlow(10_000); // work for the collector
    memory.bytes.writeUInt32LE(n);
    libc.write(writes, memory, 0, 4);
    libc.read(reads, memory, 512, 4);
    assert.is(memory.bytes.readUInt32LE(512), n);
  }
  libc.close(reads);
  libc.close(writes);
});

const addresses: readonly (readonly [host: string, told: string | undefined])[] = [
  ['127.0.0.1', '127.0.0.1'],
  ['255.1.2.3', '255.1.2.3'],
  ['::1', '::1'],
  ['', '::'],
  ['2001:DB8::00:1', '2001:db8::1'],
  ['::ffff:10.1.2.3', '::ffff:10.1.2.3'],
  ['fe80::1%lo', 'fe80::1%lo'],
  ['fe80::1%1', 'fe80::1%lo'],
  ['fe80::1%nowhere', undefined],
  ['localhost', undefined],
  ['1.2.3', undefined],
  ['256.1.1.1', undefined],
  [':::1', undefined],
];

for (const [host, told] of addresses) {
  test(`an address is written as the kernel has it: ${JSON.stringify(host)}`, () => {
    const address = new SocketAddress(calls());
    const isOne = address.set({ kind: 'tcp', host, port: 2379 });
    assert.is(isOne, told !== undefined);
    if (isOne) assert.equal(address.name(address.length), { host: told, port: 2379 });
  });
}

test('paths of unix sockets have 107 bytes at most', () => {
  const address = new SocketAddress(calls());
  const path = `/run/${'x'.repeat(102)}`;
  assert.ok(address.set({ kind: 'unix', path }));
  assert.is(address.path(address.length), path);
  assert.not.ok(address.set({ kind: 'unix', path: `${path}x` }));
  assert.not.ok(address.set({ kind: 'unix', path: '/a\0b' }));
});

plain.run();
