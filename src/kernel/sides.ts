import type { Clock } from '../model/ports.js';
import type { Sides } from '../model/side.js';
import { Descriptor } from './libc/descriptor.js';
import { Kernel } from './kernel.js';
import { ListeningSocket } from './listening-socket.js';
import type { Poller } from './poller.js';
import { KernelSocket } from './socket.js';

/** What runs the poller. */
export interface PollerLoop {
  readonly poller: Poller;
  readonly clock: Clock;
  readonly attend: Sides['attend'];
}

/** Sides on plain system calls. `mostPipes`: see `Pipes`. */
export function kernelSides({ poller, clock, attend }: PollerLoop, mostPipes: number): Sides {
  const kernel = new Kernel(poller, clock, mostPipes);
  return {
    kind: 'kernel',
    connect: (address, dialer, options) => KernelSocket.dial(kernel, { dialer, address }, options),
    listen: async (address, options, acceptor) =>
      ListeningSocket.bind(kernel, address, options, acceptor),
    adopt: async (fd, acceptor) => ListeningSocket.adopt(kernel, new Descriptor(fd), acceptor),
    attend,
    close: () => kernel.pipes.destroy(),
  };
}
