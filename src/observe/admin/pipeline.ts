import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** More than any client sends ahead. */
const mostWaiting = 16;

/**
 * Takes the requests of a connection one after the other. Node hands over at once all that were sent
 * ahead, and keeps their answers until they can be written: a few kilobytes of requests would cost
 * hundreds of megabytes of answers that nobody reads. A connection with too many waiting is closed.
 */
export function oneByOne(handle: RequestListener): RequestListener {
  const queues = new WeakMap<Socket, (() => void)[]>();
  return (request, response) => {
    const { socket } = request;
    const queue = queues.get(socket) ?? [];
    queues.set(socket, queue);
    queue.push(() => handle(request, response));
    response.once('close', () => {
      queue.shift();
      if (!socket.destroyed) queue[0]?.();
    });
    if (queue.length > mostWaiting) socket.destroy();
    else if (queue.length === 1) queue[0]?.();
  };
}
