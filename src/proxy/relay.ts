import type { Side } from '../model/side.js';

/** How much is kept of what a client sends before its upstream is connected. */
const earlyLimit = 64 * 1024;

/** Chunks of this size, so many of them running, are bulk: the kernel moves what follows by itself. */
const bulkBytes = 16 * 1024;
const bulkChunks = 2;

/**
 * Copies one direction of a session, from its source to a sink that may become known later. A full
 * sink pauses the source until it is writable again. The end of the source ends the sink, and
 * nothing else. Listens to no side itself: the session tells it what happens.
 */
export class Relay {
  /** Bytes read from the source. */
  bytes = 0;
  /** Whether the source has sent its end. */
  hasEnded = false;
  #source: Side | undefined;
  #sink: Side | undefined;
  #early: Buffer[] | undefined;
  /** How many chunks running were large. */
  #large = 0;

  readFrom(source: Side): void {
    this.#source = source;
    source.read();
  }

  /** Writes to it from now on, first what came early. */
  writeTo(sink: Side): void {
    this.#sink = sink;
    const early = this.#early;
    this.#early = undefined;
    let isFree = true;
    for (const chunk of early ?? []) isFree = sink.write(chunk);
    if (this.hasEnded) sink.end();
    else if (early && isFree) this.#source?.read();
  }

  /** The source has sent this; it is lent for the call only. */
  take(chunk: Buffer): void {
    this.bytes += chunk.length;
    const isFree = this.#sink ? this.#sink.write(chunk) : this.#keep(chunk);
    if (!isFree) this.#source?.pause();
    else if (chunk.length >= bulkBytes) this.#tookLarge();
    else this.#large = 0;
  }

  /** The sink is writable again. */
  resume(): void {
    this.#source?.read();
  }

  /** The source has sent its end. */
  end(): void {
    this.hasEnded = true;
    this.#sink?.end();
  }

  #tookLarge(): void {
    this.#large += 1;
    if (this.#large < bulkChunks || !this.#sink) return;
    this.#large = 0;
    this.#source?.moveTo(this.#sink);
  }

  #keep(chunk: Buffer): boolean {
    (this.#early ??= []).push(Buffer.from(chunk));
    return this.bytes < earlyLimit;
  }
}
