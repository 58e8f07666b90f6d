import { parentPort, workerData } from 'node:worker_threads';

import { portOf } from './channel.js';
import { serveDataPath } from './data-path.js';
import { nodeLoop, openKernelLoop } from './thread-loop.js';

/** Shared with the thread's owner: the descriptor of the doorbell, -1 for none, and whether the process ends. */
export interface Bell {
  readonly shared: Int32Array;
}

/** The thread of the data path: it ends with `close`, or with the process. */
const port = parentPort;
if (port) {
  const { shared } = workerData as Bell;
  const isEnding = (): boolean => Atomics.load(shared, 1) === 1;
  const loop = (await openKernelLoop(isEnding)) ?? nodeLoop;
  serveDataPath(portOf(port), loop, () => port.close());
  Atomics.store(shared, 0, loop.doorbell);
}
