/** Who writes what waited in the batch. */
export interface BatchWriter {
  /** Writes it now, whole or in the background. True: the chunk is the writer's from now on. */
  writeBatched(chunk: Buffer): boolean;
}

/** Larger chunks are written at once: to copy them would cost more than waiting gains. */
export const batchedBytes = 4 * 1024;

/** So many chunks wait at most: those who came first shall not wait long. */
const slotCount = 64;

/** A turn with fewer chunks than this gains less than the call at its end costs. */
const fewChunks = 4;

/** After so many such turns running nothing waits, */
const fewTurns = 8;

/** until so many chunks have gone out; then it is tried again. */
const directChunks = 400;

/**
 * Small chunks that were read in one turn of the event loop wait here until all is read, and are
 * then written in a row. A write wakes the process at the other end; woken once for many messages
 * instead of for each, it leaves us the processor, and has more to do when it runs. Where little
 * comes in each turn, nothing waits.
 */
export class WriteBatch {
  readonly #slots: Slot[] = [];
  #filled = 0;
  #addedThisTurn = 0;
  #isScheduled = false;
  /** How many turns running had few chunks. */
  #fewTurns = 0;
  /** How many more chunks go out at once. */
  #direct = 0;

  /** Copies the chunk, which has `batchedBytes` at most. True: it waits; false: it is written. */
  add(writer: BatchWriter, chunk: Buffer): boolean {
    if (this.#filled === slotCount) this.flush();
    const slot = (this.#slots[this.#filled] ??= new Slot());
    slot.fill(writer, chunk);
    this.#filled += 1;
    this.#addedThisTurn += 1;
    if (this.#direct > 0) {
      this.#direct -= 1;
      this.flush();
      return false;
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#addedThisTurn = 1;
      setImmediate(this.#endTurn);
    }
    return true;
  }

  /** Writes all that waits, in the order in which it came. */
  flush(): void {
    const filled = this.#filled;
    this.#filled = 0;
    for (let i = 0; i < filled; i += 1) this.#slots[i]?.write();
  }

  /** `setImmediate` runs right after the loop has handed out all that could be read. */
  readonly #endTurn = (): void => {
    this.#isScheduled = false;
    this.flush();
    this.#fewTurns = this.#addedThisTurn < fewChunks ? this.#fewTurns + 1 : 0;
    if (this.#fewTurns < fewTurns) return;
    this.#fewTurns = 0;
    this.#direct = directChunks;
  };
}

const nobody: BatchWriter = { writeBatched: () => false };

/** Room for one chunk. */
class Slot {
  #writer = nobody;
  #room = Buffer.allocUnsafeSlow(batchedBytes);
  /** The part of the room that is used: messages often have one length. */
  #chunk = this.#room;

  fill(writer: BatchWriter, chunk: Buffer): void {
    const { length } = chunk;
    if (this.#chunk.length !== length) this.#chunk = this.#room.subarray(0, length);
    this.#chunk.set(chunk);
    this.#writer = writer;
  }

  write(): void {
    const isGone = this.#writer.writeBatched(this.#chunk);
    this.#writer = nobody;
    if (isGone) this.#chunk = this.#room = Buffer.allocUnsafeSlow(batchedBytes);
  }
}
