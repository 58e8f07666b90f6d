import type { Descriptor } from './libc/descriptor.js';
import { EAGAIN, EINTR } from './libc/errors.js';
import type { Kernel } from './kernel.js';
import type { Pipe } from './pipes.js';

/** Moves of one direction in a turn before others come first. */
const movesATurn = 16;

/** A move of less than this is small; after so many small ones running the pipe is given back. */
const smallBytes = 8 * 1024;
const mostSmall = 32;

export interface TransferDeps {
  readonly source: Descriptor;
  readonly sink: Descriptor;
  readonly pipe: Pipe;
  /** So many bytes have been read from the source. */
  readonly moved: (bytes: number) => void;
  /** The sink has taken all: the source may be read from again. */
  readonly resumed: () => void;
  /** The source has sent its end, and all before it is with the sink. */
  readonly ended: () => void;
  /** It is over; called before any of the others that end it. */
  readonly stopped: () => void;
  readonly sourceFailed: (errno: number) => void;
  readonly sinkFailed: (errno: number) => void;
}

/**
 * Moves bytes from one socket to another through a pipe, inside the kernel (splice(2)). A sink that takes
 * nothing more stops the source: at most a pipe's content is held.
 */
export class Transfer {
  /** Bytes in the pipe. */
  heldBytes = 0;
  /** The sink takes nothing; `writable` goes on. */
  isBlocked = false;
  readonly #kernel: Kernel;
  readonly #deps: TransferDeps;
  #small = 0;
  #isOver = false;

  constructor(kernel: Kernel, deps: TransferDeps) {
    this.#kernel = kernel;
    this.#deps = deps;
  }

  /**
   * Moves what there is. `empty`: an event will tell of more. `more`: it has had its share of the turn.
   * `small`: the source has turned small, and is read from again. `stopped`: the sink is full, or it is over.
   */
  move(): 'empty' | 'more' | 'small' | 'stopped' {
    for (let n = 0; n < movesATurn; n += 1) {
      if (this.#isOver || this.isBlocked) return 'stopped';
      if (this.heldBytes === 0) {
        const outcome = this.#fill();
        if (outcome !== 'filled') return outcome;
      }
      this.#drain();
    }
    return 'more';
  }

  /** The sink has room again. */
  writable(): void {
    this.isBlocked = false;
    this.#drain();
    if (this.heldBytes === 0 && !this.#isOver) this.#deps.resumed();
  }

  /** One of its sockets is closed. What is in the pipe is lost. Idempotent. */
  destroy(): void {
    this.#stop();
  }

  #fill(): 'filled' | 'empty' | 'small' | 'stopped' {
    const { source, pipe, moved } = this.#deps;
    const count = this.#kernel.libc.splice(source, pipe.writeEnd, pipe.size);
    if (count > 0) {
      this.heldBytes = count;
      this.#small = count < smallBytes ? this.#small + 1 : 0;
      moved(count);
      return 'filled';
    }
    if (count === EINTR) return 'filled';
    if (count === EAGAIN && this.#small <= mostSmall) return 'empty';
    this.#stop();
    if (count === EAGAIN) return 'small';
    if (count === 0) this.#deps.ended();
    else this.#deps.sourceFailed(count);
    return 'stopped';
  }

  #drain(): void {
    const { sink, pipe } = this.#deps;
    while (this.heldBytes > 0 && !this.#isOver) {
      const count = this.#kernel.libc.splice(pipe.readEnd, sink, this.heldBytes);
      if (count > 0) this.heldBytes -= count;
      else if (count === EAGAIN) {
        this.isBlocked = true;
        return;
      } else if (count !== EINTR) {
        this.#stop();
        this.#deps.sinkFailed(count);
      }
    }
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { pipe, stopped } = this.#deps;
    if (this.heldBytes === 0) this.#kernel.pipes.putBack(pipe);
    else this.#kernel.pipes.close(pipe);
    this.heldBytes = 0;
    stopped();
  }
}
