import type { Descriptor } from './libc/descriptor.js';
import type { Libc } from './libc/libc.js';

/** A pipe that splice(2) moves bytes through. */
export interface Pipe {
  readonly readEnd: Descriptor;
  readonly writeEnd: Descriptor;
  /** How many bytes it holds. */
  readonly size: number;
}

/** So much is held for a slow reader beside what the kernel's socket buffers hold. */
const wantedSize = 256 * 1024;

/** Pipes kept for the next direction that needs one. */
const mostSpare = 8;

/** Pipes for directions that carry bulk: a bounded number, each of them two descriptors. */
export class Pipes {
  readonly #libc: Libc;
  readonly #spare: Pipe[] = [];
  #limit: number;
  #open = 0;

  constructor(libc: Libc, limit: number) {
    this.#libc = libc;
    this.#limit = limit;
  }

  get openCount(): number {
    return this.#open;
  }

  /** An empty pipe; undefined: all are in use, or the process may have no more. */
  take(): Pipe | undefined {
    const spare = this.#spare.pop();
    if (spare) return spare;
    if (this.#open >= this.#limit) return undefined;
    const ends = this.#libc.pipe();
    if (typeof ends === 'number') return undefined;
    const [readEnd, writeEnd] = ends;
    const size = this.#libc.setPipeSize(writeEnd, wantedSize);
    this.#open += 1;
    // Beyond a user's share of memory for pipes it stays as it is: 64 KiB, or a page (pipe(7)).
    return { readEnd, writeEnd, size: size > 0 ? size : this.#libc.pipeSize(writeEnd) };
  }

  /** Takes back an empty one. It is kept for the next that needs one, as long as others are in use. */
  putBack(pipe: Pipe): void {
    if (this.#spare.length < mostSpare) this.#spare.push(pipe);
    else this.#end(pipe);
    this.#endUnused();
  }

  /** Closes one that has something in it. */
  close(pipe: Pipe): void {
    this.#end(pipe);
    this.#endUnused();
  }

  /** Closes those that are kept. */
  destroy(): void {
    for (const spare of this.#spare.splice(0)) this.#end(spare);
  }

  /** Once none is in use, none is kept. */
  #endUnused(): void {
    if (this.#spare.length < this.#open) return;
    for (const spare of this.#spare.splice(0)) this.#end(spare);
  }

  #end({ readEnd, writeEnd }: Pipe): void {
    this.#open -= 1;
    this.#libc.close(readEnd);
    this.#libc.close(writeEnd);
  }
}
