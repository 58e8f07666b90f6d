import { Poller } from '../../src/kernel/poller.js';
import { openLibc } from '../../src/kernel/libc/libc.js';
import { streamSides } from '../../src/kernel/portable/stream-sides.js';
import { kernelSides } from '../../src/kernel/sides.js';
import { systemClock } from '../../src/model/clock.js';
import type { Sides } from '../../src/model/side.js';
import { runByNode } from './run-by-node.js';

/** The sides of this system, with a few pipes for bulk; one set for the whole process. */
export const systemSides = await open();

async function open(): Promise<Sides> {
  const libc = await openLibc();
  if (!libc) return streamSides;
  const poller = new Poller(libc);
  runByNode(poller);
  return kernelSides({ poller, clock: systemClock, attend: (work) => work }, 8);
}
