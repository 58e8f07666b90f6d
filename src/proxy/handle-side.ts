import { readSync, writeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';

import { errorCode } from '../model/errors.js';
import type { Side, SideOwner, SocketName } from '../model/side.js';
import type { Handle, Handles, NameOut, Request } from './handles.js';
import { nobody } from './nobody.js';
import { batchedBytes, WriteBatch, type BatchWriter } from './write-batch.js';

/** As much as one read takes. */
const readSize = 64 * 1024;

/**
 * All sides read into this one buffer: what has been read is written on or copied before the next
 * read. So it stays in the processor's cache, and idle sessions have no buffer.
 */
const shared = Buffer.allocUnsafeSlow(readSize);

/** The part of `shared` that was read last: messages often have one length. */
let view = shared;

/** Whose bytes were read last, if nothing else has been read since. */
let lastReader: HandleSide | undefined;

const batch = new WriteBatch();

const nothing = Buffer.alloc(0);

const endOfFile = -4095;

interface SideHandle extends Handle {
  side?: HandleSide;
}

interface SideRequest extends Request {
  side?: HandleSide;
  /** What is being written: it must live as long. */
  buffer?: Buffer;
}

/** Most writes are over when their call returns, and leave their request to the next. */
let spareRequest: SideRequest | undefined;

/**
 * A connected socket without `net.Socket` around its handle. That has states, events and buffers
 * for all kinds of streams, which cost a proxy more than its system calls do.
 */
export class HandleSide implements BatchWriter, Side {
  owner: SideOwner = nobody;
  isDestroyed = false;
  readonly handles: Handles;
  readonly #handle: SideHandle;
  /** Asked for at its first use: many sessions end without. */
  #knownFd = -1;
  #hasBuffer = false;
  #isPaused = false;
  /** Whether the batch holds something of it. */
  #isBatched = false;
  #pendingBytes = 0;
  #hasEnded = false;
  /** Our own end: `wanted` until all is written. */
  #end: 'open' | 'wanted' | 'under-way' | 'sent' = 'open';
  #isResetting = false;

  constructor(handles: Handles, handle: Handle) {
    this.handles = handles;
    this.#handle = handle;
    this.#handle.side = this;
  }

  get isTcp(): boolean {
    return this.#handle.reset !== undefined;
  }

  get pendingBytes(): number {
    if (this.#isBatched) batch.flush();
    return this.#pendingBytes;
  }

  peer(): SocketName | undefined {
    return nameOf(this.isDestroyed ? undefined : this.#handle.getpeername?.(nameOut));
  }

  local(): SocketName | undefined {
    return nameOf(this.isDestroyed ? undefined : this.#handle.getsockname?.(nameOut));
  }

  read(): void {
    if (this.isDestroyed || this.#hasEnded) return;
    if (!this.#hasBuffer) {
      this.#hasBuffer = true;
      this.#handle.onread = onRead;
      this.#handle.useUserBuffer(shared);
    } else if (!this.#isPaused) return;
    this.#isPaused = false;
    const status = this.#handle.readStart();
    if (status < 0) this.#failLater(systemError(status, 'read'));
  }

  pause(): void {
    if (this.isDestroyed || this.#isPaused) return;
    this.#isPaused = true;
    this.#handle.readStop();
  }

  write(chunk: Buffer): boolean {
    if (this.isDestroyed || this.#end !== 'open') return true;
    if (chunk.length <= batchedBytes && this.#pendingBytes === 0) {
      this.#isBatched = batch.add(this, chunk); // which may write earlier ones of it first
      return true;
    }
    const written = this.pendingBytes > 0 ? 0 : this.#writeNow(chunk);
    if (written < chunk.length) this.#hand(Buffer.from(chunk.subarray(written)));
    return this.#pendingBytes === 0;
  }

  /** Only for the batch. */
  writeBatched(chunk: Buffer): boolean {
    this.#isBatched = false;
    return !this.isDestroyed && this.#hand(chunk);
  }

  end(): void {
    if (this.isDestroyed || this.#end !== 'open') return;
    this.#end = 'wanted';
    if (this.pendingBytes === 0) this.#sendEnd();
  }

  destroy(): void {
    this.owner = nobody;
    if (this.isDestroyed) return;
    if (this.#isBatched) batch.flush();
    this.isDestroyed = true;
    this.#handle.close();
  }

  /** While our end is on its way, which takes a turn of the loop, libuv refuses a reset. */
  reset(): void {
    this.owner = nobody;
    if (this.isDestroyed || this.#isResetting) return;
    if (this.#isBatched) batch.flush();
    if (this.#end === 'under-way') {
      this.#isResetting = true;
      this.pause();
      return;
    }
    this.isDestroyed = true;
    if (this.#handle.reset) this.#handle.reset();
    else this.#handle.close();
  }

  /** An empty write sends nothing, and fails after a reset. */
  probe(): void {
    if (!this.isDestroyed && this.#end === 'open') this.#writeNow(nothing);
  }

  keepAlive(idleMs: number): void {
    if (!this.isDestroyed) this.#handle.setKeepAlive?.(true, Math.floor(idleMs / 1000));
  }

  /** Only for `onRead`. `isCertain`: an end that was read, not one that libuv assumes. */
  readFailed(error: number, isCertain: boolean): void {
    if (error !== endOfFile) this.#fail(systemError(error, 'read'));
    else if (isCertain || !this.isTcp || this.#readsEnd()) this.#ended();
  }

  /** Only for `onWritten`. */
  hasWritten(bytes: number, status: number): void {
    if (this.isDestroyed) return;
    this.#pendingBytes -= bytes;
    if (status < 0) this.#fail(systemError(status, 'write'));
    else if (this.#pendingBytes === 0) {
      if (this.#end === 'wanted') this.#sendEnd();
      else this.owner.sideWritable(this);
    }
  }

  /** Only for `onEndSent`. */
  hasSentEnd(status: number): void {
    if (this.isDestroyed) return;
    this.#end = 'sent';
    if (this.#isResetting) {
      this.#isResetting = false;
      this.reset();
    } else if (status < 0 && !this.#hasEnded) this.#fail(systemError(status, 'shutdown'));
    else this.#closeIfDone();
  }

  get #fd(): number {
    if (this.#knownFd < 0) this.#knownFd = this.#handle.fd;
    return this.#knownFd;
  }

  #ended(): void {
    this.#hasEnded = true;
    this.owner.sideEnded(this);
    this.#closeIfDone();
  }

  /** Whether its end is what comes next; bytes that come before it are handed on. */
  #readsEnd(): boolean {
    try {
      for (;;) {
        const count = readSync(this.#fd, shared, 0, readSize, null);
        if (count === 0) return true;
        this.owner.sideRead(this, shared.subarray(0, count));
        if (this.isDestroyed) return false;
      }
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return true;
      this.#fail(error as Error);
      return false;
    }
  }

  #writeNow(chunk: Buffer): number {
    try {
      return writeSync(this.#fd, chunk, 0, chunk.length);
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return 0;
      this.#failLater(error as Error);
      return chunk.length;
    }
  }

  /** Hands it to libuv, which writes what it can. True: the rest is under way, and needs the chunk. */
  #hand(chunk: Buffer): boolean {
    const request: SideRequest = spareRequest ?? this.handles.newRequest('write');
    spareRequest = undefined;
    const status = this.#handle.writeBuffer(request, chunk);
    if (status < 0) {
      this.#failLater(systemError(status, 'write'));
      return false;
    }
    if (!this.handles.isWriteUnderWay()) {
      spareRequest = request;
      return false;
    }
    request.oncomplete = onWritten;
    request.side = this;
    request.buffer = chunk;
    this.#pendingBytes += chunk.length;
    return true;
  }

  #sendEnd(): void {
    const request: SideRequest = this.handles.newRequest('shutdown');
    request.oncomplete = onEndSent;
    request.side = this;
    this.#end = 'under-way';
    const status = this.#handle.shutdown(request);
    if (status >= 0) return;
    this.#end = 'sent';
    if (!this.#hasEnded) this.#failLater(systemError(status, 'shutdown'));
  }

  #closeIfDone(): void {
    if (this.isDestroyed || !this.#hasEnded || this.#end !== 'sent') return;
    const { owner } = this;
    this.destroy();
    owner.sideClosed(this);
  }

  #fail(error: Error): void {
    if (this.isDestroyed) return;
    const { owner } = this;
    this.destroy();
    owner.sideFailed(this, error);
  }

  /** Nobody who writes wants to be told of a failure before the call is over. */
  #failLater(error: Error): void {
    queueMicrotask(() => this.#fail(error));
  }
}

/**
 * libuv reports an end also for a reset that has come in with the last bytes, right after it has
 * handed these on. Any other end is one that it has read.
 */
function onRead(this: SideHandle): void {
  const { side } = this;
  if (!side || side.isDestroyed) return;
  const count = side.handles.bytesReadOrError();
  if (count > 0) {
    lastReader = side;
    if (view.length !== count) view = shared.subarray(0, count);
    side.owner.sideRead(side, view);
  } else if (count < 0) side.readFailed(count, lastReader !== side);
}

function onWritten(this: SideRequest, status: number): void {
  this.side?.hasWritten(this.buffer?.length ?? 0, status);
}

function onEndSent(this: SideRequest, status: number): void {
  this.side?.hasSentEnd(status);
}

/** Has its properties already: for Node to add them takes longer than the system call. */
const nameOut: NameOut = { address: '', family: '', port: 0 };

function nameOf(status: number | undefined): SocketName | undefined {
  return status === 0 ? { host: nameOut.address, port: nameOut.port } : undefined;
}

/** As Node's own are: `connect ECONNREFUSED 127.0.0.1:2379`. */
export function systemError(status: number, call: string, subject = ''): Error {
  const code = getSystemErrorName(status);
  const message = `${call} ${code}${subject === '' ? '' : ` ${subject}`}`;
  return Object.assign(new Error(message), { code, errno: status, syscall: call });
}
