import type { Address } from '../model/address.js';
import type { Side, SideDialer, SideOwner, SocketName, TcpOptions } from '../model/side.js';
import { Descriptor } from './libc/descriptor.js';
import { EAGAIN, EINPROGRESS, EINVAL, EINTR, systemError } from './libc/errors.js';
import type { Kernel } from './kernel.js';
import type { Memory } from './libc/memory.js';
import { noOwner } from './no-owner.js';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  type Task,
  type Watcher,
} from './poller.js';
import { familyOf } from './libc/socket-address.js';
import { SO_ERROR, SOL_SOCKET } from './libc/socket-options.js';
import { Transfer } from './transfer.js';
import { batchedBytes, type BatchWriter } from './write-batch.js';

/** Reads of one socket before others come first. */
const readsATurn = 8;

const watchedEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
const readableEvents = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

interface Dial {
  readonly dialer: SideDialer;
  readonly address: Address;
}

/**
 * A connected socket, or one that is being connected, driven by plain system calls. It is watched by edge
 * (epoll(7)): an event comes once, so what has not been read to its end is remembered here.
 */
export class KernelSocket implements BatchWriter, Side, Task, Watcher {
  owner: SideOwner = noOwner;
  isDestroyed = false;
  readonly isTcp: boolean;
  readonly #kernel: Kernel;
  readonly #descriptor: Descriptor;
  /** While it is being connected. */
  #dial: Dial | undefined;
  #isWatched = false;
  #isReading = false;
  /** There may be more to read, although no event will say so. */
  #mayHaveMore = false;
  /** The kernel has told of an end or an error: reading goes on until it comes. */
  #isEnding = false;
  #hasError = false;
  #hasEnded = false;
  /** Our own end: `wanted` until all is written. */
  #end: 'open' | 'wanted' | 'sent' = 'open';
  #isBatched = false;
  /** Written, and not taken by the kernel yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** A failure that its owner has not been told of yet. */
  #failure: Error | undefined;
  /** Where what it reads is moved to by the kernel. */
  #outbound: Transfer | undefined;
  /** What moves bytes to it. */
  #inbound: Transfer | undefined;

  constructor(kernel: Kernel, descriptor: Descriptor, isTcp: boolean) {
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    this.isTcp = isTcp;
  }

  /** Begins to connect to an IP literal or a path; the dialer is told how that ends. */
  static dial(kernel: Kernel, dial: Dial, options: TcpOptions): KernelSocket {
    const isTcp = dial.address.kind === 'tcp';
    const descriptor = kernel.libc.socket(familyOf(dial.address));
    if (typeof descriptor === 'number') {
      const socket = new KernelSocket(kernel, Descriptor.none, isTcp);
      socket.#dial = dial;
      socket.#failLater(descriptor, 'socket');
      return socket;
    }
    if (isTcp) kernel.configureTcp(descriptor, options);
    const socket = new KernelSocket(kernel, descriptor, isTcp);
    socket.#connect(dial);
    return socket;
  }

  get pendingBytes(): number {
    if (this.#isBatched) this.#kernel.batch.flush();
    return this.#pendingBytes + (this.#inbound?.heldBytes ?? 0);
  }

  peer(): SocketName | undefined {
    if (!this.#descriptor.isOpen) return undefined;
    const { libc, address } = this.#kernel;
    return address.name(libc.getpeername(this.#descriptor, address.memory));
  }

  local(): SocketName | undefined {
    if (!this.#descriptor.isOpen) return undefined;
    const { libc, address } = this.#kernel;
    return address.name(libc.getsockname(this.#descriptor, address.memory));
  }

  read(): void {
    if (this.isDestroyed || this.#failure || this.#hasEnded || this.#isReading) return;
    this.#isReading = true;
    if (!this.#isWatched) this.#watch();
    else if (this.#mayHaveMore) this.#kernel.soon(this);
  }

  pause(): void {
    this.#isReading = false;
  }

  write(chunk: Buffer): boolean {
    if (this.isDestroyed || this.#end !== 'open' || this.#failure) return true;
    const { batch } = this.#kernel;
    if (this.#pendingBytes > 0) {
      this.#keep(chunk);
      return false;
    }
    if (chunk.length <= batchedBytes) {
      batch.add(this, chunk); // which may write earlier ones of it first
      this.#isBatched = true;
      return true;
    }
    if (this.#isBatched) batch.flush();
    const written =
      this.#pendingBytes > 0
        ? 0
        : this.#taken(this.#kernel.write(this.#descriptor, chunk), chunk.length);
    if (written < chunk.length) this.#keep(chunk.subarray(written));
    return this.#pendingBytes === 0;
  }

  writeBatched(memory: Memory, offset: number, length: number): void {
    this.#isBatched = false;
    if (this.isDestroyed || this.#failure) return;
    const { libc } = this.#kernel;
    const written =
      this.#pendingBytes > 0
        ? 0
        : this.#taken(libc.write(this.#descriptor, memory, offset, length), length);
    if (written < length) this.#keep(memory.bytes.subarray(offset + written, offset + length));
  }

  moveTo(sink: Side): boolean {
    if (!(sink instanceof KernelSocket) || this.#outbound || this.isDestroyed) return false;
    if (sink.isDestroyed || sink.#end !== 'open' || sink.#failure || sink.pendingBytes > 0)
      return false;
    const pipe = this.#kernel.pipes.take();
    if (!pipe) return false;
    const transfer = new Transfer(this.#kernel, {
      ...{ source: this.#descriptor, sink: sink.#descriptor, pipe },
      moved: (bytes) => this.owner.sideMoved(this, bytes),
      resumed: () => this.#kernel.soon(this),
      ended: () => this.#ended(),
      stopped: () => {
        this.#outbound = undefined;
        sink.#inbound = undefined;
      },
      sourceFailed: (errno) => this.#failLater(errno, 'read'),
      sinkFailed: (errno) => sink.#failLater(errno, 'write'),
    });
    this.#outbound = transfer;
    sink.#inbound = transfer;
    if (this.#mayHaveMore) this.#kernel.soon(this); // no event will tell of what is there by now
    return true;
  }

  end(): void {
    if (this.isDestroyed || this.#end !== 'open') return;
    this.#end = 'wanted';
    if (this.pendingBytes === 0) this.#sendEnd();
  }

  destroy(): void {
    this.owner = noOwner;
    if (this.isDestroyed) return;
    if (this.#isBatched) this.#kernel.batch.flush();
    this.#outbound?.destroy();
    this.#inbound?.destroy();
    this.#pending = [];
    this.isDestroyed = true;
    if (this.#descriptor.isOpen) this.#kernel.close(this.#descriptor);
  }

  reset(): void {
    if (!this.isDestroyed) {
      if (this.#isBatched) this.#kernel.batch.flush();
      if (this.isTcp && this.#descriptor.isOpen) this.#kernel.libc.lingerNot(this.#descriptor);
    }
    this.destroy();
  }

  ready(events: number): void {
    if ((events & readableEvents) !== 0) this.#mayHaveMore = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) this.#isEnding = true;
    if ((events & EPOLLERR) !== 0) this.#hasError = true;
    if (this.#dial) this.#connected(this.#dial);
    else if ((events & EPOLLOUT) !== 0) this.#writable();
    if (this.#mayHaveMore) this.run();
    if (this.#hasEnded && this.#hasError) this.#checkError();
  }

  /** Reads what there is: an event, or more than one turn's share. */
  run(): void {
    if (this.isDestroyed) return;
    if (this.#failure) this.#tellFailure();
    else if (this.#dial) return;
    else if (this.#hasEnded && this.#end === 'sent') this.#closeIfDone();
    else if (this.#outbound) this.#move(this.#outbound);
    else if (this.#isReading && !this.#hasEnded) this.#pump();
  }

  #connect(dial: Dial): void {
    const { libc, address } = this.#kernel;
    this.#dial = dial;
    if (!address.set(dial.address)) {
      this.#failLater(EINVAL, 'connect');
      return;
    }
    const status = libc.connect(this.#descriptor, address.memory, address.length);
    if (status === 0 || status === EINPROGRESS) this.#watch();
    else this.#failLater(status, 'connect');
  }

  #watch(): void {
    this.#isWatched = true;
    const status = this.#kernel.poller.watch(this.#descriptor, this, watchedEvents);
    if (status < 0) this.#failLater(status, 'epoll_ctl');
  }

  #connected({ dialer }: Dial): void {
    const errno = this.#takeError();
    if (errno < 0) {
      this.#failLater(errno, 'connect');
      return;
    }
    this.#dial = undefined;
    dialer.connected(this);
  }

  #pump(): void {
    for (let n = 0; n < readsATurn; n += 1) {
      if (!this.#readOnce()) return;
    }
    this.#kernel.later(this);
  }

  /** Whether there may be more that its owner wants to have. */
  #readOnce(): boolean {
    const { readBuffer } = this.#kernel;
    const count = this.#kernel.read(this.#descriptor);
    if (count > 0) {
      // epoll(7): a stream socket that gives less than was asked for is empty
      if (count < readBuffer.size && !this.#isEnding) this.#mayHaveMore = false;
      this.owner.sideRead(this, this.#kernel.lent(count));
      return this.#mayHaveMore && this.#isReading && !this.isDestroyed && !this.#outbound;
    }
    if (count === EINTR) return true;
    this.#mayHaveMore = false;
    if (count === 0) this.#ended();
    else if (count !== EAGAIN) this.#fail(systemError(count, 'read'));
    return false;
  }

  #move(transfer: Transfer): void {
    const outcome = transfer.move();
    if (outcome === 'more') this.#kernel.later(this);
    else this.#mayHaveMore = outcome !== 'empty';
    if (outcome === 'small' && this.#isReading) this.#pump();
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#mayHaveMore = false;
    // A reset after its end: the kernel has told of it together with the end, or will by an event.
    if (this.#hasError && this.#checkError()) return;
    this.owner.sideEnded(this);
    this.#closeIfDone();
  }

  /** True: it was reset. */
  #checkError(): boolean {
    if (this.isDestroyed) return true;
    this.#hasError = false;
    const errno = this.#takeError();
    if (errno < 0) this.#fail(systemError(errno, 'read'));
    return errno < 0;
  }

  /** The socket's error, which that clears; 0: there is none. */
  #takeError(): number {
    const error = this.#kernel.libc.getOption(this.#descriptor, SOL_SOCKET, SO_ERROR);
    return error > 0 ? -error : error;
  }

  #writable(): void {
    if (this.#inbound?.isBlocked) this.#inbound.writable();
    if (this.#pendingBytes === 0 || this.isDestroyed || this.#failure) return;
    for (let [chunk] = this.#pending; chunk; [chunk] = this.#pending) {
      const status = this.#kernel.write(this.#descriptor, chunk);
      if (status === EINTR) continue;
      if (status < 0) {
        if (status !== EAGAIN) this.#failLater(status, 'write');
        return;
      }
      this.#pendingBytes -= status;
      if (status < chunk.length) this.#pending[0] = chunk.subarray(status);
      else this.#pending.shift();
    }
    if (this.#end === 'wanted') this.#sendEnd();
    else this.owner.sideWritable(this);
  }

  /** Copies what the kernel did not take; it goes out when there is room. */
  #keep(chunk: Buffer): void {
    if (this.#failure) return;
    this.#pending.push(Buffer.from(chunk));
    this.#pendingBytes += chunk.length;
    if (!this.#isWatched) this.#watch();
  }

  /** How much a write has taken; after a failure there is nothing to be kept. */
  #taken(status: number, length: number): number {
    if (status >= 0) return status;
    if (status === EAGAIN || status === EINTR) return 0;
    this.#failLater(status, 'write');
    return length;
  }

  #sendEnd(): void {
    this.#end = 'sent';
    const status = this.#kernel.libc.shutdownWrite(this.#descriptor);
    if (status < 0 && !this.#hasEnded) this.#failLater(status, 'shutdown');
    else if (this.#hasEnded) this.#kernel.soon(this);
  }

  #closeIfDone(): void {
    if (this.isDestroyed || !this.#hasEnded || this.#end !== 'sent') return;
    const { owner } = this;
    this.destroy();
    owner.sideClosed(this);
  }

  /** Callers of `connect`, `write` and `end` are told after these have returned. */
  #failLater(errno: number, call: string): void {
    if (this.isDestroyed || this.#failure) return;
    this.#failure = systemError(errno, call, this.#dial?.address);
    this.#kernel.soon(this);
  }

  /** What its peer has sent before it was reset is still there, and comes first. */
  #tellFailure(): void {
    const failure = this.#failure;
    if (!failure) return;
    if (!this.#dial && this.#isReading && !this.#hasEnded) this.#readRest();
    if (!this.isDestroyed) this.#fail(failure);
  }

  #readRest(): void {
    for (;;) {
      const count = this.#kernel.read(this.#descriptor);
      if (count <= 0) return;
      this.owner.sideRead(this, this.#kernel.lent(count));
      if (this.isDestroyed || !this.#isReading) return;
    }
  }

  #fail(error: Error): void {
    if (this.isDestroyed) return;
    const dial = this.#dial;
    const { owner } = this;
    this.destroy();
    if (dial) dial.dialer.failed(this, error);
    else owner.sideFailed(this, error);
  }
}
