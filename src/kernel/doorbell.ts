import type { Descriptor } from './libc/descriptor.js';
import { systemError } from './libc/errors.js';
import type { Libc } from './libc/libc.js';
import type { Memory } from './libc/memory.js';
import { EPOLLIN, type Poller, type Watcher } from './poller.js';

/**
 * An eventfd(2) by which another thread wakes a poller: writing 8 bytes to it ends the wait. It is closed by
 * that thread, which alone knows when it rings no more.
 */
export class Doorbell implements Watcher {
  readonly #libc: Libc;
  readonly #descriptor: Descriptor;
  readonly #count: Memory;
  readonly #rung: () => void;

  /** @throws Error where the process has no descriptor left. */
  constructor(poller: Poller, rung: () => void) {
    this.#rung = rung;
    this.#libc = poller.libc;
    const descriptor = this.#libc.eventfd();
    if (typeof descriptor === 'number') throw systemError(descriptor, 'eventfd');
    this.#descriptor = descriptor;
    this.#count = this.#libc.allocate(8);
    const status = poller.watch(descriptor, this, EPOLLIN);
    if (status < 0) throw systemError(status, 'epoll_ctl');
  }

  /** For the other thread. */
  get number(): number {
    return this.#descriptor.number;
  }

  ready(): void {
    this.#libc.read(this.#descriptor, this.#count, 0, 8);
    this.#rung();
  }
}
