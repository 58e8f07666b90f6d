import { isSea, getRawAsset } from 'node:sea';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { dlopen } from 'node:process';

import { Descriptor } from './descriptor.js';
import { Memory } from './memory.js';

type Native = (...args: readonly (number | Buffer | null)[]) => number;

/** The native half of koffi, as an asset of the single executable. */
export const koffiAsset = 'koffi.node';

/** One for each thread that calls `openLibc`: errno belongs to a thread. */
let opened: Promise<Libc | undefined> | undefined;

/** The system calls of this thread; undefined where there are none to be had (not Linux, no koffi). */
export function openLibc(): Promise<Libc | undefined> {
  opened ??= load();
  return opened;
}

async function load(): Promise<Libc | undefined> {
  if (platform() !== 'linux' || !(arch() in epollWords)) return undefined;
  try {
    return new Libc(await loadKoffi());
  } catch {
    return undefined; // the permission model forbids addons, or this platform has no binary
  }
}

async function loadKoffi(): Promise<Koffi> {
  if (isSea()) return loadAsset();
  const module = arch() === 'x64' ? import('./koffi-x64.js') : import('./koffi-arm64.js');
  return (await module).koffi;
}

/** In a read-only container there may be no folder for temporary files. */
function loadAsset(): Koffi {
  try {
    return loadFrom(tmpdir());
  } catch {
    return loadFrom('/dev/shm');
  }
}

/** `dlopen` wants a file: it gets one in a folder that only this user may enter, and only while it loads. */
function loadFrom(parent: string): Koffi {
  const folder = mkdtempSync(join(parent, 'etcd-gateway-'));
  try {
    const file = join(folder, koffiAsset);
    const fd = openSync(file, 'wx', 0o600);
    writeSync(fd, new Uint8Array(getRawAsset(koffiAsset) as ArrayBuffer));
    closeSync(fd);
    const native = { exports: {} };
    dlopen(native, file);
    return native.exports as Koffi;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * 32-bit words of `struct epoll_event`, and the one at which `data` begins: the structure is packed on
 * x86-64 only (epoll_event(3type)).
 */
const epollWords: Readonly<Record<string, { readonly size: number; readonly data: number }>> = {
  x64: { size: 3, data: 1 },
  arm64: { size: 4, data: 2 },
};

/**
 * The calls of Linux that this program makes, each declared once. koffi checks no length, and a wrong
 * pointer ends the process: so descriptors are objects that are open, and lengths are held against the
 * memory they are for. Each call returns what the C function does, or the negative errno.
 *
 * Arguments are checked by assertions that throw TypeError or RangeError: those are defects of the caller.
 */
export class Libc {
  /** Words of an `epoll_event`, and where its `data` begins. */
  readonly epollEvent: { readonly size: number; readonly data: number };
  readonly #koffi: Koffi;
  readonly #errno: Int32Array;
  readonly #calls: Readonly<Record<keyof typeof signatures, Native>>;
  readonly #int: Memory;
  readonly #intLength: Memory;
  /** INET6_ADDRSTRLEN is 46, IF_NAMESIZE 16. */
  readonly #text: Memory;

  constructor(koffi: Koffi) {
    this.#koffi = koffi;
    this.epollEvent = epollWords[arch()] ?? { size: 0, data: 0 };
    const library = koffi.load(null); // the program itself, which has its libc in it, glibc or musl
    const location = library.func('__errno_location', 'void *', []);
    this.#errno = new Int32Array(koffi.view(location(), 4));
    const calls = Object.entries(signatures).map(([name, parameters]) => {
      return [name, library.func(name, 'int', [...parameters])];
    });
    this.#calls = Object.fromEntries(calls) as Record<keyof typeof signatures, Native>;
    this.#int = this.allocate(8);
    this.#intLength = this.allocate(4);
    this.#text = this.allocate(64);
  }

  /** Memory whose address never changes; it lives as long as it is referenced. */
  allocate(size: number): Memory {
    const bytes = Buffer.allocUnsafeSlow(size);
    return new Memory(bytes, Number(this.#koffi.address(bytes)));
  }

  /**
   * Has libuv watch a descriptor: calls back from the event loop of Node whenever there is something to
   * read. The result must stay referenced until it is closed, and be closed before the descriptor is.
   */
  watchByNode(descriptor: Descriptor, readable: () => void): KoffiPoll {
    return this.#koffi.node.poll(open(descriptor), { readable: true }, readable);
  }

  /** read(2) */
  read(from: Descriptor, memory: Memory, offset: number, length: number): number {
    return this.#result(this.#calls.read(open(from), place(memory, offset, length), length));
  }

  /** write(2). Node has SIGPIPE ignored, so a peer that is gone is EPIPE. */
  write(to: Descriptor, memory: Memory, offset: number, length: number): number {
    return this.#result(this.#calls.write(open(to), place(memory, offset, length), length));
  }

  /** send(2) of a buffer that is not ours to place. */
  send(to: Descriptor, bytes: Buffer): number {
    if (!Buffer.isBuffer(bytes)) throw new TypeError('send takes a Buffer');
    return this.#result(this.#calls.send(open(to), bytes, bytes.length, MSG_NOSIGNAL));
  }

  /** splice(2) between a socket and a pipe, without waiting. */
  splice(from: Descriptor, to: Descriptor, length: number): number {
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    return this.#result(this.#calls.splice(open(from), 0, open(to), 0, positive(length), flags));
  }

  /** close(2). Not repeated after EINTR: Linux has closed it by then. */
  close(descriptor: Descriptor): void {
    if (descriptor.isOpen) this.#calls.close(descriptor.release());
  }

  /** shutdown(2) of the direction that we write. */
  shutdownWrite(socket: Descriptor): number {
    return this.#result(this.#calls.shutdown(open(socket), SHUT_WR));
  }

  /** socket(2), non-blocking and closed on exec. */
  socket(family: number): Descriptor | number {
    const flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return this.#descriptor(this.#calls.socket(integer(family), flags, 0));
  }

  /** bind(2) */
  bind(socket: Descriptor, address: Memory, length: number): number {
    return this.#result(this.#calls.bind(open(socket), place(address, 0, length), length));
  }

  /** listen(2) */
  listen(socket: Descriptor, backlog: number): number {
    return this.#result(this.#calls.listen(open(socket), positive(backlog)));
  }

  /** accept4(2); the client's socket does not block and is closed on exec. */
  accept(listener: Descriptor): Descriptor | number {
    return this.#descriptor(
      this.#calls.accept4(open(listener), 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC),
    );
  }

  /** connect(2) */
  connect(socket: Descriptor, address: Memory, length: number): number {
    return this.#result(this.#calls.connect(open(socket), place(address, 0, length), length));
  }

  /** getsockname(2); returns the address's length. */
  getsockname(socket: Descriptor, address: Memory): number {
    return this.#name(this.#calls.getsockname, socket, address);
  }

  /** getpeername(2); returns the address's length. */
  getpeername(socket: Descriptor, address: Memory): number {
    return this.#name(this.#calls.getpeername, socket, address);
  }

  /** setsockopt(2) of an int */
  setOption(socket: Descriptor, level: number, option: number, value: number): number {
    this.#int.bytes.writeInt32LE(integer(value));
    return this.#setOption(socket, level, option, 4);
  }

  /** SO_LINGER of no time: close(2) then sends a reset (socket(7)). */
  lingerNot(socket: Descriptor): number {
    this.#int.bytes.writeInt32LE(1);
    this.#int.bytes.writeInt32LE(0, 4);
    return this.#setOption(socket, SOL_SOCKET, SO_LINGER, 8);
  }

  /** getsockopt(2) of an int, which is never negative; a negative result is an errno. */
  getOption(socket: Descriptor, level: number, option: number): number {
    this.#intLength.bytes.writeInt32LE(4);
    const { address } = this.#int;
    const length = this.#intLength.address;
    const status = this.#calls.getsockopt(
      open(socket),
      integer(level),
      integer(option),
      address,
      length,
    );
    return status < 0 ? this.#result(status) : this.#int.bytes.readInt32LE();
  }

  /** epoll_create1(2), closed on exec. */
  epollCreate(): Descriptor | number {
    return this.#descriptor(this.#calls.epoll_create1(EPOLL_CLOEXEC));
  }

  /** epoll_ctl(2); the event is one `epoll_event`. A descriptor that is closed leaves by itself. */
  epollAdd(epoll: Descriptor, watched: Descriptor, event: Memory): number {
    const address = place(event, 0, this.epollEvent.size * 4);
    return this.#result(this.#calls.epoll_ctl(open(epoll), EPOLL_CTL_ADD, open(watched), address));
  }

  /** epoll_ctl(2): the event takes the place of the one before. */
  epollModify(epoll: Descriptor, watched: Descriptor, event: Memory): number {
    const address = place(event, 0, this.epollEvent.size * 4);
    return this.#result(this.#calls.epoll_ctl(open(epoll), EPOLL_CTL_MOD, open(watched), address));
  }

  /** epoll_wait(2); `timeoutMs` of -1 waits without end. */
  epollWait(epoll: Descriptor, events: Memory, most: number, timeoutMs: number): number {
    const address = place(events, 0, positive(most) * this.epollEvent.size * 4);
    return this.#result(this.#calls.epoll_wait(open(epoll), address, most, integer(timeoutMs)));
  }

  /** eventfd(2), non-blocking and closed on exec. */
  eventfd(): Descriptor | number {
    return this.#descriptor(this.#calls.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }

  /** pipe2(2), non-blocking and closed on exec: the ends to read from and to write to. */
  pipe(): readonly [Descriptor, Descriptor] | number {
    const status = this.#calls.pipe2(this.#int.address, O_NONBLOCK | O_CLOEXEC);
    if (status < 0) return this.#result(status);
    const { bytes } = this.#int;
    return [new Descriptor(bytes.readInt32LE()), new Descriptor(bytes.readInt32LE(4))];
  }

  /** F_SETPIPE_SZ (fcntl(2)): returns the size that the pipe then has, or the errno: EPERM beyond a user's share. */
  setPipeSize(pipe: Descriptor, bytes: number): number {
    return this.#result(this.#calls.fcntl(open(pipe), F_SETPIPE_SZ, positive(bytes)));
  }

  /** F_GETPIPE_SZ (fcntl(2)) */
  pipeSize(pipe: Descriptor): number {
    return this.#result(this.#calls.fcntl(open(pipe), F_GETPIPE_SZ, 0));
  }

  /** Makes an inherited descriptor as our own are: non-blocking, closed on exec (fcntl(2)). */
  takeOver(descriptor: Descriptor): number {
    const flags = this.#result(this.#calls.fcntl(open(descriptor), F_GETFL, 0));
    if (flags < 0) return flags;
    const status = this.#calls.fcntl(open(descriptor), F_SETFL, flags | O_NONBLOCK);
    if (status < 0) return this.#result(status);
    return this.#result(this.#calls.fcntl(open(descriptor), F_SETFD, FD_CLOEXEC));
  }

  /**
   * F_SETLEASE (fcntl(2)): EAGAIN while somebody has the file open for writing; 0 and the lease otherwise.
   * Who opens it for writing meanwhile waits until it is given back, and the kernel says so by a signal:
   * by one that does nothing, because SIGIO would end the process.
   */
  leaseRead(fd: number): number {
    const status = this.#result(this.#calls.fcntl(nonNegative(fd), F_SETSIG, SIGURG));
    return status < 0 ? status : this.#result(this.#calls.fcntl(fd, F_SETLEASE, F_RDLCK));
  }

  /** Gives the lease back. */
  leaseNone(fd: number): number {
    return this.#result(this.#calls.fcntl(nonNegative(fd), F_SETLEASE, F_UNLCK));
  }

  /** if_nametoindex(3); 0: there is no such interface. */
  interfaceIndex(name: string): number {
    return this.#calls.if_nametoindex(text(name));
  }

  /** inet_pton(3): writes the address's bytes; whether it is one. */
  inetPton(family: number, address: string, memory: Memory, offset: number): boolean {
    const target = place(memory, offset, 16);
    return this.#calls.inet_pton(integer(family), text(address), target) === 1;
  }

  /** inet_ntop(3): the address as text. */
  inetNtop(family: number, address: Buffer): string {
    if (address.length !== 16) throw new RangeError('no address of 16 bytes');
    const memory = this.#text;
    memory.bytes[0] = 0;
    this.#calls.inet_ntop(integer(family), address, memory.address, memory.size);
    return cString(memory.bytes);
  }

  /** if_indextoname(3); the number where there is no such interface any more. */
  interfaceName(index: number): string {
    const memory = this.#text;
    memory.bytes[0] = 0;
    this.#calls.if_indextoname(integer(index), memory.address);
    return cString(memory.bytes) || String(index);
  }

  #name(call: Native, socket: Descriptor, address: Memory): number {
    this.#intLength.bytes.writeInt32LE(address.size);
    const status = call(open(socket), place(address, 0, address.size), this.#intLength.address);
    if (status < 0) return this.#result(status);
    return Math.min(this.#intLength.bytes.readInt32LE(), address.size);
  }

  #setOption(socket: Descriptor, level: number, option: number, length: number): number {
    const { address } = this.#int;
    return this.#result(
      this.#calls.setsockopt(open(socket), integer(level), integer(option), address, length),
    );
  }

  #descriptor(status: number): Descriptor | number {
    return status < 0 ? this.#result(status) : new Descriptor(status);
  }

  #result(status: number): number {
    return status < 0 ? -(this.#errno[0] ?? 0) : status;
  }
}

/** The C types of the parameters; all return int, which holds every length that is asked for. */
const signatures = {
  accept4: ['int', 'int64', 'int64', 'int'],
  bind: ['int', 'int64', 'int'],
  close: ['int'],
  connect: ['int', 'int64', 'int'],
  epoll_create1: ['int'],
  epoll_ctl: ['int', 'int', 'int', 'int64'],
  epoll_wait: ['int', 'int64', 'int', 'int'],
  eventfd: ['uint32', 'int'],
  fcntl: ['int', 'int', 'int64'],
  getpeername: ['int', 'int64', 'int64'],
  getsockname: ['int', 'int64', 'int64'],
  getsockopt: ['int', 'int', 'int', 'int64', 'int64'],
  if_indextoname: ['uint32', 'int64'],
  if_nametoindex: ['void *'],
  inet_ntop: ['int', 'void *', 'int64', 'uint32'],
  inet_pton: ['int', 'void *', 'int64'],
  listen: ['int', 'int'],
  pipe2: ['int64', 'int'],
  read: ['int', 'int64', 'int64'],
  send: ['int', 'void *', 'int64', 'int'],
  setsockopt: ['int', 'int', 'int', 'int64', 'int'],
  shutdown: ['int', 'int'],
  socket: ['int', 'int', 'int'],
  splice: ['int', 'int64', 'int', 'int64', 'int64', 'int'],
  write: ['int', 'int64', 'int64'],
} as const;

/** The number of a descriptor that is open. */
function open(descriptor: Descriptor): number {
  if (!(descriptor instanceof Descriptor)) throw new TypeError('no descriptor');
  return descriptor.number;
}

/** The address of `length` bytes at an offset, all of which lie in the memory. */
function place(memory: Memory, offset: number, length: number): number {
  if (!(memory instanceof Memory)) throw new TypeError('no memory');
  if (!(offset >= 0 && length >= 0 && offset + length <= memory.bytes.length)) {
    throw new RangeError(`${length} bytes at ${offset} of ${memory.size}`);
  }
  return memory.address + integer(offset);
}

function integer(value: number): number {
  if ((value | 0) !== value) throw new RangeError(`no 32-bit integer: ${value}`);
  return value;
}

function nonNegative(value: number): number {
  if (integer(value) < 0) throw new RangeError(`negative: ${value}`);
  return value;
}

function positive(value: number): number {
  if (integer(value) <= 0) throw new RangeError(`not positive: ${value}`);
  return value;
}

/** A C string. */
function text(value: string): Buffer {
  if (typeof value !== 'string' || value.includes('\0')) throw new TypeError('no C string');
  return Buffer.from(`${value}\0`);
}

function cString(bytes: Buffer): string {
  return bytes.toString('latin1', 0, bytes.indexOf(0));
}

const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const EPOLL_CLOEXEC = 0o2000000;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const FD_CLOEXEC = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETSIG = 10;
const SIGURG = 23;
const F_SETLEASE = 1024;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const F_RDLCK = 0;
const F_UNLCK = 2;
