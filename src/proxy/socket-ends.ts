import type { Socket } from 'node:net';

/**
 * Sends our end when all that was written is out. An end that waits behind pending data could not
 * be turned into a reset any more: libuv refuses that, and Node then never closes the descriptor.
 */
export function endWhenWritten(socket: Socket): void {
  if (socket.writableLength === 0) {
    socket.end();
    return;
  }
  socket.write(nothing, (error) => {
    if (!error) socket.end();
  });
}

/**
 * Closes it at once: a TCP peer sees a reset, so that nobody takes cut-off data for a whole.
 * While our end is on its way, which takes a turn of the loop, the reset follows it.
 * Unix sockets have no reset; they are closed.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) {
    socket.once('finish', () => reset(socket));
    return;
  }
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // ERR_INVALID_HANDLE_TYPE: not a TCP socket
  }
}

/**
 * Calls back if the end that has been read from a socket is one; else its 'error' follows. libuv
 * reports an end also for a reset that has come in with the last bytes, and an empty write, which
 * sends nothing, fails then. Where that cannot tell the end is believed: our own direction is
 * closed or not written out, or it is a unix socket, which knows no reset.
 */
export function confirmEnd(socket: Socket, confirmed: () => void): void {
  const isTelling = socket.writable && socket.writableLength === 0;
  if (!isTelling || socket.localPort === undefined) {
    confirmed();
    return;
  }
  socket.write(nothing, (error) => {
    if (!error) confirmed();
  });
}

const nothing = Buffer.alloc(0);
