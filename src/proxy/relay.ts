import type { Socket } from 'node:net';

import { bufferSizes, largestBuffer, returnBuffer, takeBuffer } from './read-buffers.js';
import { endWhenWritten } from './socket-ends.js';
import { readInto, type ReadTarget } from './user-buffer.js';

/** Back to a smaller buffer after this many reads in a row that would have fitted it. */
const shrinkAfterReads = 64;

/** How much is kept of what a client sends before its upstream is connected. */
const earlyLimit = 64 * 1024;

/**
 * A sink's high water mark: one whole read may be pending without pausing the source, a second one
 * not, so a slow reader costs at most about twice this.
 */
export const sinkHighWaterMark = largestBuffer + 1;

/** Told of each read: what for counts and what waits for a first byte. */
export interface RelayOwner {
  /** `relay.bytes` already includes them; the chunk is only lent for the call. */
  moved(relay: Relay, chunk: Buffer): void;
}

/**
 * Copies one direction of a session, from its source to a sink that may become known later.
 *
 * Reads into a buffer of its own, used again as soon as the kernel has taken the bytes; while a
 * write is pending the buffer belongs to it, and the next read gets a fresh one. A full sink pauses
 * the source until it is writable again. The end of the source ends the sink, and nothing else.
 * Listens to no socket itself: whoever owns it tells it what happens.
 */
export class Relay implements ReadTarget {
  /** Bytes read from the source. */
  bytes = 0;
  /** Whether the source has sent its end. */
  hasEnded = false;
  readonly #owner: RelayOwner;
  #source: Socket | undefined;
  #sink: Socket | undefined;
  /** Index into `bufferSizes`. */
  #step = 0;
  #buffer = takeBuffer(0);
  /** The part of `#buffer` that was written last: messages often have one length. */
  #view = this.#buffer;
  #smallReads = 0;
  #early: Buffer[] | undefined;

  constructor(owner: RelayOwner) {
    this.#owner = owner;
  }

  /** The buffer for the next read, as `onread` of net wants it. */
  readonly buffer = (): Buffer => this.#buffer;

  /** The buffer has been filled up to `bytes`; false pauses the source. */
  readonly callback = (bytes: number): boolean => {
    if (this.#view.length !== bytes) this.#view = this.#buffer.subarray(0, bytes);
    const isFree = this.#take(this.#view);
    const isFlowing = isFree || !this.#isFull();
    this.#prepareBuffer(bytes, isFree);
    return isFlowing;
  };

  /** Reads from an accepted, paused socket, with `into` where this Node can. */
  readFromAccepted(source: Socket, into: typeof readInto = readInto): void {
    this.#source = source;
    if (!into(source, this)) source.on('data', this.#onData);
    source.resume();
  }

  /** Reads from a socket that was made with this relay as its `onread`. */
  readFrom(source: Socket): void {
    this.#source = source;
  }

  /** Writes to it from now on, first what came early. */
  writeTo(sink: Socket): void {
    this.#sink = sink;
    const early = this.#early;
    if (early) {
      this.#early = undefined;
      for (const chunk of early) sink.write(chunk);
    }
    if (this.hasEnded) endWhenWritten(sink);
    else if (early && !this.#isFull()) this.#source?.resume();
  }

  /** The sink is writable again. */
  resume(): void {
    this.#source?.resume();
  }

  /** The source has sent its end. */
  end(): void {
    this.hasEnded = true;
    if (this.#sink) endWhenWritten(this.#sink);
  }

  /** The source is closed: nothing is read any more. */
  release(): void {
    returnBuffer(this.#buffer);
    this.#buffer = noBuffer;
    this.#view = noBuffer;
  }

  /** Whether the bytes are out of our hands and their buffer is free again. */
  #take(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    const sink = this.#sink;
    if (!sink) (this.#early ??= []).push(chunk);
    else sink.write(chunk);
    this.#owner.moved(this, chunk);
    return sink?.writableLength === 0;
  }

  #isFull(): boolean {
    return this.#sink ? this.#sink.writableNeedDrain : this.bytes >= earlyLimit;
  }

  #prepareBuffer(bytes: number, isFree: boolean): void {
    const step = this.#nextStep(bytes);
    if (isFree && step === this.#step) return;
    this.#step = step;
    this.#buffer = takeBuffer(step);
    this.#view = this.#buffer;
  }

  #nextStep(bytes: number): number {
    if (bytes === this.#buffer.length) {
      this.#smallReads = 0;
      return Math.min(this.#step + 1, bufferSizes.length - 1);
    }
    if (bytes > (bufferSizes[this.#step - 1] ?? 0)) this.#smallReads = 0;
    else this.#smallReads += 1;
    if (this.#smallReads < shrinkAfterReads) return this.#step;
    this.#smallReads = 0;
    return this.#step - 1;
  }

  /** Where `readInto` is not to be had. */
  readonly #onData = (chunk: Buffer): void => {
    if (!this.#take(chunk) && this.#isFull()) this.#source?.pause();
  };
}

const noBuffer = Buffer.alloc(0);
