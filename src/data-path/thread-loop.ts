import { setImmediate as breathe } from 'node:timers/promises';

import { Doorbell } from '../kernel/doorbell.js';
import { openLibc } from '../kernel/libc/libc.js';
import { Loop } from '../kernel/loop.js';
import { Poller } from '../kernel/poller.js';
import { streamSides } from '../kernel/portable/stream-sides.js';
import { kernelSides } from '../kernel/sides.js';
import { systemClock } from '../model/clock.js';
import type { Clock } from '../model/ports.js';
import type { Sides } from '../model/side.js';
import type { Soon } from './channel.js';

/** What the data path runs on. */
export interface ThreadLoop {
  readonly clock: Clock;
  readonly soon: Soon;
  /** Written to by whoever has something for this thread; -1: it need not be. */
  readonly doorbell: number;
  openSides(mostPipes: number): Sides;
  /** Resolves in the loop's next turn. */
  breathe(): Promise<void>;
  /** See `Loop`. */
  attend<T>(work: Promise<T>): Promise<T>;
  /** To be called last. */
  stop(): void;
}

/**
 * A loop on plain system calls, which has its thread for itself; undefined where those are not to be had.
 * It stops when the doorbell rings while the process ends.
 */
export async function openKernelLoop(isEnding: () => boolean): Promise<ThreadLoop | undefined> {
  const libc = await openLibc();
  if (!libc) return undefined;
  const poller = new Poller(libc);
  const loop = new Loop(poller);
  const doorbell = new Doorbell(poller, () => {
    if (isEnding()) loop.stop();
  });
  loop.start();
  const attend = <T>(work: Promise<T>): Promise<T> => loop.attend(work);
  return {
    clock: loop.clock,
    soon: loop.soon,
    doorbell: doorbell.number,
    openSides: (mostPipes) => kernelSides({ poller, clock: loop.clock, attend }, mostPipes),
    breathe: loop.breathe,
    attend,
    stop: () => {
      loop.stop();
      poller.destroy();
    },
  };
}

/** The event loop of Node, for any system, and for a thread that has other things to do as well. */
export const nodeLoop: ThreadLoop = {
  clock: systemClock,
  soon: setImmediate,
  doorbell: -1,
  openSides: () => streamSides,
  breathe: () => breathe(),
  attend: (work) => work,
  stop: () => undefined,
};
