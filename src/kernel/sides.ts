import type { Sides } from '../model/side.js';
import { Descriptor } from './libc/descriptor.js';
import { Kernel } from './kernel.js';
import type { Libc } from './libc/libc.js';
import { ListeningSocket } from './listening-socket.js';
import { runByNode } from './run-by-node.js';
import { KernelSocket } from './socket.js';

/** Sides on plain system calls, run by the event loop of this thread. `mostPipes`: see `Pipes`. */
export function kernelSides(libc: Libc, mostPipes: number): Sides {
  const kernel = new Kernel(libc, mostPipes);
  runByNode(kernel.poller);
  return {
    kind: 'kernel',
    connect: (address, dialer, options) => KernelSocket.dial(kernel, { dialer, address }, options),
    listen: async (address, options, acceptor) =>
      ListeningSocket.bind(kernel, address, options, acceptor),
    adopt: async (fd, acceptor) => ListeningSocket.adopt(kernel, new Descriptor(fd), acceptor),
  };
}
