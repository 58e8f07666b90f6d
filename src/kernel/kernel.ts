import type { Clock } from '../model/ports.js';
import type { TcpOptions } from '../model/side.js';
import type { Descriptor } from './libc/descriptor.js';
import type { Libc } from './libc/libc.js';
import type { Memory } from './libc/memory.js';
import { Pipes } from './pipes.js';
import type { Poller, Task } from './poller.js';
import { SocketAddress } from './libc/socket-address.js';
import {
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from './libc/socket-options.js';
import type { WriteBatch } from './write-batch.js';

/** As much as one read takes. */
const readSize = 64 * 1024;

/** As Node and libuv have them. */
const keepaliveIntervalSeconds = 1;
const keepaliveProbes = 10;

/** What all sockets of a thread share: the calls, the poller, and the memory that they read into. */
export class Kernel {
  readonly libc: Libc;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly pipes: Pipes;
  /** For one address at a time. */
  readonly address: SocketAddress;
  /**
   * All sockets read into this: what has been read is written on, or copied, before the next read. So it
   * stays in the processor's cache, and idle sessions have no buffer.
   */
  readonly readBuffer: Memory;
  /** The part of the buffer that was read last: messages often have one length. */
  #view: Buffer;

  /** `mostPipes`: see `Pipes`. */
  constructor(poller: Poller, clock: Clock, mostPipes: number) {
    const { libc } = poller;
    this.libc = libc;
    this.poller = poller;
    this.clock = clock;
    this.pipes = new Pipes(libc, mostPipes);
    this.address = new SocketAddress(libc);
    this.readBuffer = libc.allocate(readSize);
    this.#view = this.readBuffer.bytes;
  }

  get batch(): WriteBatch {
    return this.poller.batch;
  }

  soon(task: Task): void {
    this.poller.soon(task);
  }

  later(task: Task): void {
    this.poller.later(task);
  }

  close(descriptor: Descriptor): void {
    this.poller.close(descriptor);
  }

  read(from: Descriptor): number {
    return this.libc.read(from, this.readBuffer, 0, readSize);
  }

  /** What the last `read` has read, until the next one. */
  lent(count: number): Buffer {
    if (this.#view.length !== count) this.#view = this.readBuffer.bytes.subarray(0, count);
    return this.#view;
  }

  write(to: Descriptor, chunk: Buffer): number {
    if (chunk === this.#view) return this.libc.write(to, this.readBuffer, 0, chunk.length);
    return this.libc.send(to, chunk);
  }

  /** Sends small messages at once, and finds out about peers that are gone. */
  configureTcp(socket: Descriptor, { keepaliveMs, userTimeoutMs }: TcpOptions): void {
    const { libc } = this;
    libc.setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    libc.setOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, userTimeoutMs);
    libc.setOption(socket, SOL_SOCKET, SO_KEEPALIVE, keepaliveMs > 0 ? 1 : 0);
    if (keepaliveMs === 0) return;
    libc.setOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.floor(keepaliveMs / 1000)));
    libc.setOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, keepaliveIntervalSeconds);
    libc.setOption(socket, IPPROTO_TCP, TCP_KEEPCNT, keepaliveProbes);
  }
}
