import type { Disk } from '../../src/sources/file-disk.js';
import type { FileState, ReadAttempt } from '../../src/sources/file-read.js';
import type { Clock } from '../../src/model/ports.js';
import type { Dice } from './dice.js';

const away = { kind: 'none', reason: 'there is no such file' } as const;

/** One file on a disk that need not tell of every change, as a network mount does not. */
export class FileWorld implements Disk {
  /** Share of changes that nobody is told of. */
  deafness = 0;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #watching = new Set<() => void>();
  #content: string | undefined;
  #state: FileState = away;
  #writes = 0;

  constructor(clock: Clock, dice: Dice, content: string) {
    this.#clock = clock;
    this.#dice = dice;
    this.#content = content;
    this.#state = { kind: 'file', signature: 'first', changedAtMs: 0 };
  }

  get content(): string | undefined {
    return this.#content;
  }

  /** Undefined: the file is removed. */
  write(content: string | undefined): void {
    this.#content = content;
    this.#writes += 1;
    const changedAtMs = this.#clock.wallMs();
    const signature = `write ${this.#writes}`;
    this.#state = content === undefined ? away : { kind: 'file', signature, changedAtMs };
    if (this.#dice.chance(this.deafness)) return;
    for (const lookAgain of [...this.#watching]) lookAgain();
  }

  state(): Promise<FileState> {
    return Promise.resolve(this.#state);
  }

  read(_path: string, signature: string): Promise<ReadAttempt> {
    return Promise.resolve(this.#read(signature));
  }

  mounted: Disk['mounted'] = () => ({ problem: () => Promise.resolve(undefined) });

  watch: Disk['watch'] = (_path, { lookAgain }) => ({
    follow: () => {
      const isNew = !this.#watching.has(lookAgain);
      this.#watching.add(lookAgain);
      return Promise.resolve(isNew);
    },
    close: () => {
      this.#watching.delete(lookAgain);
      return Promise.resolve();
    },
  });

  #read(signature: string): ReadAttempt {
    if (this.#state.kind === 'none' || this.#content === undefined) return away;
    if (this.#state.signature !== signature) return { kind: 'changed' };
    return { kind: 'read', bytes: Buffer.from(this.#content) };
  }
}
