import type { Poller } from '../../src/kernel/poller.js';

/**
 * Has the event loop of Node run a poller, one turn at a time: libuv watches its descriptor. It keeps the process alive for as
 * long as the poller watches anything.
 */
export function runByNode(poller: Poller): void {
  let isWoken = false;
  const run = (): void => {
    isWoken = false;
    poller.turn(0);
    if (poller.hasWork) wake();
  };
  const wake = (): void => {
    if (isWoken) return;
    isWoken = true;
    setImmediate(run);
  };
  const handle = poller.libc.watchByNode(poller.descriptor, () => {
    run();
    setImmediate(goOn);
  });
  handle.unref();
  poller.wake = wake;
  poller.watchedChanged = (count) => (count > 0 ? handle.ref() : handle.unref());
}

/** koffi calls back outside of what Node makes of a callback: without one of its own, promises would wait. */
function goOn(): void {
  // deliberately empty
}
