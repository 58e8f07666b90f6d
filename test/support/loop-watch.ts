import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { WatchReport } from './loop-watch-thread.js';
import type { Scope } from './scope.js';

/**
 * Sends one byte after the other through a gateway to an upstream that echoes, both in a thread of
 * their own, and notes how long the gateway's loop keeps one waiting.
 *
 * What counts is the CPU time that the gateway's thread which relays spends while a byte is on its way:
 * the time on the clock says more about who else uses the machine.
 */
export class LoopWatch {
  /** Of the upstream that echoes, as an endpoint is written. */
  readonly address: string;
  readonly #worker: Worker;

  private constructor(worker: Worker, address: string) {
    this.#worker = worker;
    this.address = address;
  }

  static async open(scope: Scope): Promise<LoopWatch> {
    const worker = new Worker(new URL('./loop-watch-thread.js', import.meta.url));
    scope.defer(() => worker.terminate());
    const [address] = (await once(worker, 'message')) as [string];
    return new LoopWatch(worker, address);
  }

  start(port: number, pid: number): void {
    this.#worker.postMessage({ port, pid });
  }

  async stop(): Promise<WatchReport> {
    this.#worker.postMessage('stop');
    const [report] = (await once(this.#worker, 'message')) as [WatchReport];
    return report;
  }
}
