import type { Libc } from './libc/libc.js';
import type { Memory } from './libc/memory.js';

/** Larger chunks are written at once: to copy them costs more than waiting gains. */
export const batchedBytes = 4 * 1024;

const areaSize = 128 * 1024;
const mostChunks = 512;

/** A socket whose chunk waits in the batch. */
export interface BatchWriter {
  /** Writes the chunk now, and keeps a copy of what the kernel does not take. */
  writeBatched(memory: Memory, offset: number, length: number): void;
}

/**
 * Small chunks that were read in one turn wait here until all is read, and are then written in a row. A
 * write wakes the process at the other end; woken once for many messages instead of for each, it leaves
 * this process the processor, and has more to do when it runs.
 */
export class WriteBatch {
  readonly #area: Memory;
  readonly #filled: () => void;
  readonly #writers: BatchWriter[] = [];
  readonly #offsets = new Int32Array(mostChunks + 1);
  #count = 0;

  /** `filled` is called when the first chunk comes: somebody has to flush it. */
  constructor(libc: Libc, filled: () => void) {
    this.#area = libc.allocate(areaSize);
    this.#filled = filled;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Copies the chunk, which has `batchedBytes` at most. */
  add(writer: BatchWriter, chunk: Buffer): void {
    const start = this.#offsets[this.#count] ?? 0;
    if (this.#count === mostChunks || start + chunk.length > areaSize) {
      this.flush();
      this.add(writer, chunk);
      return;
    }
    this.#area.bytes.set(chunk, start);
    this.#writers[this.#count] = writer;
    this.#count += 1;
    this.#offsets[this.#count] = start + chunk.length;
    if (this.#count === 1) this.#filled();
  }

  /** Writes all that waits, in the order in which it came. */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    for (let i = 0; i < count; i += 1) {
      const start = this.#offsets[i] ?? 0;
      const end = this.#offsets[i + 1] ?? 0;
      this.#writers[i]?.writeBatched(this.#area, start, end - start);
    }
  }
}
