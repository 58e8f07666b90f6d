import type { Poller } from './poller.js';

/** Turns in a row before the rest of the event loop comes first. */
const turnsAtOnce = 16;

/**
 * Has the event loop of Node run a poller: libuv watches its descriptor. It keeps the process alive for as
 * long as the poller watches anything.
 */
export function runByNode(poller: Poller): void {
  let isWoken = false;
  const run = (): void => {
    isWoken = false;
    for (let n = 0; n < turnsAtOnce && poller.turn(0) > 0; n += 1);
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
