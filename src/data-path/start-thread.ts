import { closeSync, writeSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';

import { errorCode } from '../model/errors.js';
import { portOf, type Port } from './channel.js';
import type { Bell } from './thread.js';

export interface DataPathThread {
  readonly port: Port;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /**
   * To be called when the process ends in any way: a thread that waits in a system call holds that up for
   * ever. Idempotent.
   */
  wake(): void;
}

/**
 * Starts the data path in a thread of its own. Where Node's permission model allows no threads, it runs
 * in this one. `failed` is called with a defect that has ended it.
 */
export async function startThread(failed: (error: Error) => void): Promise<DataPathThread> {
  try {
    return new OwnThread(failed);
  } catch (error) {
    if (errorCode(error) !== 'ERR_ACCESS_DENIED') throw error;
    return thisThread();
  }
}

const one = new BigUint64Array([1n]);

class OwnThread implements DataPathThread {
  readonly port: Port;
  readonly ended: Promise<void>;
  readonly #bell: Bell = { shared: new Int32Array(new SharedArrayBuffer(8)) };
  #hasEnded = false;

  constructor(failed: (error: Error) => void) {
    const bell = this.#bell;
    Atomics.store(bell.shared, 0, -1);
    const url = new URL('./thread.js', import.meta.url);
    const worker = new Worker(url, { name: 'data-path', workerData: bell });
    const port = portOf(worker);
    this.port = {
      ...port,
      postMessage: (message) => {
        port.postMessage(message);
        this.#ring();
      },
    };
    worker.once('error', failed);
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#end();
        resolve();
      });
    });
  }

  wake(): void {
    Atomics.store(this.#bell.shared, 1, 1);
    this.#ring();
  }

  #ring(): void {
    const doorbell = Atomics.load(this.#bell.shared, 0);
    if (doorbell >= 0 && !this.#hasEnded) writeSync(doorbell, one);
  }

  /** Nobody else closes the doorbell, so its number is of no other file until now. */
  #end(): void {
    const doorbell = Atomics.load(this.#bell.shared, 0);
    if (doorbell >= 0) closeSync(doorbell);
    this.#hasEnded = true;
  }
}

async function thisThread(): Promise<DataPathThread> {
  const { port1, port2 } = new MessageChannel();
  const [{ serveDataPath }, { nodeLoop }] = await Promise.all([
    import('./data-path.js'),
    import('./thread-loop.js'),
  ]);
  serveDataPath(portOf(port2), nodeLoop, () => port1.close());
  const ended = new Promise<void>((resolve) => port1.once('close', resolve));
  return { port: portOf(port1), ended, wake: () => undefined };
}
