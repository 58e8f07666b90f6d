import type { Sides } from '../model/side.js';
import { Descriptor } from './libc/descriptor.js';
import { Kernel } from './kernel.js';
import { ListeningSocket } from './listening-socket.js';
import type { Poller } from './poller.js';
import { KernelSocket } from './socket.js';

/** Sides on plain system calls; somebody has to run the poller. `mostPipes`: see `Pipes`. */
export function kernelSides(
  poller: Poller,
  mostPipes: number,
  attend: Sides['attend'] = (work) => work,
): Sides {
  const kernel = new Kernel(poller, mostPipes);
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
