import type { Descriptor } from './libc/descriptor.js';
import { EINTR, systemError } from './libc/errors.js';
import type { Libc } from './libc/libc.js';
import type { Memory } from './libc/memory.js';
import { WriteBatch } from './write-batch.js';

/** epoll_ctl(2): what is watched for, and what is told. */
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 1 << 31;

/** Events taken from the kernel in one call. */
const eventsATurn = 512;

/** An object that owns a descriptor which the poller watches. */
export interface Watcher {
  /** What epoll tells of its descriptor, as EPOLL* bits. */
  ready(events: number): void;
}

/** Work that goes on outside of events. */
export interface Task {
  run(): void;
}

/** Told when there is work although no event is due: somebody has to call `turn`. */
export type Wake = () => void;

/**
 * One epoll instance (epoll(7)) and its turns. A turn takes what is ready, hands it to the watchers, runs
 * the tasks that this gives rise to, and then writes all small chunks in a row.
 */
export class Poller {
  readonly libc: Libc;
  readonly batch: WriteBatch;
  readonly descriptor: Descriptor;
  readonly #events: Memory;
  readonly #words: Int32Array;
  readonly #event: Memory;
  readonly #eventWords: Int32Array;
  readonly #watchers: (Watcher | undefined)[] = [];
  /** A descriptor's number is given out again at once: events of its last owner are told apart by this. */
  readonly #generations: number[] = [];
  #watched = 0;
  #soon: Task[] = [];
  #later: Task[] = [];
  #isInTurn = false;
  /** Called when work comes up outside of a turn, and when the first descriptor comes or the last goes. */
  wake: Wake = () => undefined;
  watchedChanged: (count: number) => void = () => undefined;

  /** @throws Error where the process has no descriptor left. */
  constructor(libc: Libc) {
    this.libc = libc;
    const descriptor = libc.epollCreate();
    if (typeof descriptor === 'number') throw systemError(descriptor, 'epoll_create1');
    this.descriptor = descriptor;
    const { size } = libc.epollEvent;
    this.#events = libc.allocate(eventsATurn * size * 4);
    this.#words = wordsOf(this.#events);
    this.#event = libc.allocate(size * 4);
    this.#eventWords = wordsOf(this.#event);
    this.batch = new WriteBatch(libc, () => this.#needsTurn());
  }

  /** Tells the watcher of events on its descriptor from now on. Returns 0 or the negative errno. */
  watch(descriptor: Descriptor, watcher: Watcher, events: number): number {
    const { number } = descriptor;
    const generation = ((this.#generations[number] ?? 0) + 1) | 0;
    this.#generations[number] = generation;
    this.#describe(number, events);
    const status = this.libc.epollAdd(this.descriptor, descriptor, this.#event);
    if (status < 0) return status;
    this.#watchers[number] = watcher;
    this.#watched += 1;
    if (this.#watched === 1) this.watchedChanged(1);
    return 0;
  }

  /** Tells the watcher of these events in place of those before; 0: of errors only. */
  setEvents(descriptor: Descriptor, events: number): void {
    this.#describe(descriptor.number, events);
    const status = this.libc.epollModify(this.descriptor, descriptor, this.#event);
    if (status < 0) throw systemError(status, 'epoll_ctl');
  }

  #describe(number: number, events: number): void {
    const { data } = this.libc.epollEvent;
    this.#eventWords[0] = events;
    this.#eventWords[data] = number;
    this.#eventWords[data + 1] = this.#generations[number] ?? 0;
  }

  /** Closes a descriptor; events of it that are on their way are dropped. */
  close(descriptor: Descriptor): void {
    const { number } = descriptor;
    if (this.#watchers[number]) {
      this.#watchers[number] = undefined;
      this.#watched -= 1;
      if (this.#watched === 0) this.watchedChanged(0);
    }
    this.libc.close(descriptor);
  }

  /** When everything that it has watched is closed. Idempotent. */
  destroy(): void {
    this.libc.close(this.descriptor);
  }

  /** Runs the task in this turn, after the events that are being handed out. */
  soon(task: Task): void {
    this.#soon.push(task);
    this.#needsTurn();
  }

  /** Runs the task in the next turn: others come first. */
  later(task: Task): void {
    this.#later.push(task);
    this.#needsTurn();
  }

  get hasWork(): boolean {
    return this.#later.length > 0 || this.#soon.length > 0 || !this.batch.isEmpty;
  }

  /**
   * Waits for events, for `timeoutMs` at most and not at all while there is work. `waited` is called before
   * they are handed out. Returns how much there was.
   */
  turn(timeoutMs: number, waited?: () => void): number {
    const { libc } = this;
    const events = this.#events;
    const wait = this.hasWork ? 0 : timeoutMs;
    const count = libc.epollWait(this.descriptor, events, eventsATurn, wait);
    if (count < 0 && count !== EINTR) throw systemError(count, 'epoll_wait');
    waited?.();
    this.#isInTurn = true;
    const tasks = this.#later.length;
    if (tasks > 0) this.#soon.push(...this.#later.splice(0));
    this.#runSoon();
    this.#handOut(count);
    this.#runSoon();
    this.batch.flush();
    this.#runSoon(); // failures of what was written
    this.batch.flush();
    this.#isInTurn = false;
    return Math.max(count, 0) + tasks;
  }

  #handOut(count: number): void {
    const words = this.#words;
    const { size, data } = this.libc.epollEvent;
    for (let i = 0; i < count; i += 1) {
      const at = i * size;
      const number = words[at + data] ?? 0;
      if (this.#generations[number] !== words[at + data + 1]) continue;
      this.#watchers[number]?.ready(words[at] ?? 0);
    }
  }

  #runSoon(): void {
    while (this.#soon.length > 0) {
      const tasks = this.#soon;
      this.#soon = [];
      for (const task of tasks) task.run();
    }
  }

  #needsTurn(): void {
    if (!this.#isInTurn) this.wake();
  }
}

function wordsOf({ bytes }: Memory): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
