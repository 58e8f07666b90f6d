import { closeSync, constants, fstatSync, openSync, writeSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';

import type { Clock, Timer } from '../../model/ports.js';

import type { LogSink } from './log.js';

/** What may wait for the reader of a pipe; lines beyond it are dropped. */
const queueLimitBytes = 1024 * 1024;

/** A queue that runs again is written in bites, so that the event loop turns in between. */
const linesPerWrite = 256;

/** How long `close` waits for a reader to take what is queued. */
const flushLimitMs = 1_000;

/**
 * The log's way out, by default stderr. A pipe that nobody reads must not stop the process, but Node
 * writes to stdio pipes by waiting; so a pipe is opened once more, non-blocking, for us alone.
 */
export function openLogSink(clock: Clock, fd = 2): LogSink {
  const stats = statsOf(fd);
  if (stats?.isFIFO()) return new QueueSink(reopened(fd) ?? socketOf(fd), clock);
  if (stats?.isSocket()) return new QueueSink(socketOf(fd), clock);
  return new DirectSink(fd);
}

/** Undefined: closed; writing will fail, and lines be dropped. */
function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

/** An open file description of our own: O_NONBLOCK on `fd` itself would hit all who share it. */
function reopened(fd: number): Socket | undefined {
  let own: number | undefined;
  try {
    own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    return socketOf(own);
  } catch {
    // No /proc, or a pipe of another user: the shared one has to do.
    if (own !== undefined) closeSync(own);
    return undefined;
  }
}

function socketOf(fd: number): Socket {
  return new Socket({ fd, readable: false, writable: true });
}

/** Files, terminals and /dev/null: they take a line at once. */
class DirectSink implements LogSink {
  readonly isTerminal: boolean;
  onDropped: (count: number) => void = () => undefined;
  readonly #fd: number;
  #dropped = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.isTerminal = isatty(fd);
  }

  write(line: string): void {
    try {
      writeWhole(this.#fd, Buffer.from(line));
    } catch {
      // A full disk, or a terminal that was made non-blocking: there is no other place to say so.
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped;
    if (dropped === 0) return;
    this.#dropped = 0;
    this.onDropped(dropped);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** Pipes and sockets: written when the reader has room, bounded, never waited for. */
class QueueSink implements LogSink {
  readonly isTerminal = false;
  onDropped: (count: number) => void = () => undefined;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #queue: Buffer[] = [];
  /** In the queue and in the write under way. */
  #queuedBytes = 0;
  #writing = false;
  #dropped = 0;
  #flushed: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    // EPIPE: the reader is gone for good, and with it the place to say so.
    socket.on('error', () => undefined);
    socket.unref();
  }

  write(line: string): void {
    if (this.#socket.destroyed) return;
    const bytes = Buffer.from(line);
    if (this.#queuedBytes + bytes.length > queueLimitBytes) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#writing) this.#writeNext();
  }

  close(): Promise<void> {
    this.#closing ??= this.#flush();
    return this.#closing;
  }

  #writeNext(): void {
    this.#writing = true;
    const chunk = Buffer.concat(this.#queue.splice(0, linesPerWrite));
    this.#socket.write(chunk, () => this.#written(chunk.length));
  }

  /** Also called for a write that failed. */
  #written(bytes: number): void {
    this.#queuedBytes -= bytes;
    this.#writing = false;
    if (this.#queue.length === 0) this.#tellDropped();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#writing) return;
    if (this.#queue.length > 0) this.#writeNext();
    else this.#flushed();
  }

  #tellDropped(): void {
    const dropped = this.#dropped;
    if (dropped === 0) return;
    this.#dropped = 0;
    this.onDropped(dropped);
  }

  /** The descriptor stays open: others may still write to it, and the process ends soon. */
  async #flush(): Promise<void> {
    if (!this.#writing) return;
    let limit: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#flushed = resolve;
      limit = this.#clock.setTimer(flushLimitMs, resolve);
    });
    limit?.cancel();
  }
}
