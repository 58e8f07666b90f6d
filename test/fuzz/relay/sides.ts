import type { Side, SocketAcceptor, Sides } from '../../../src/model/side.js';
import { systemSides } from '../../support/system-sides.js';

/** The system's sides, each of which `touch` gets into its hands before anything happens on it. */
export function touchedSides(touch: (side: Side) => void): Sides {
  const sides = systemSides;
  const touched = (acceptor: SocketAcceptor): SocketAcceptor => ({
    accepted: (client) => {
      touch(client);
      acceptor.accepted(client);
    },
    failed: (error) => acceptor.failed(error),
  });
  return {
    kind: sides.kind,
    connect: (address, dialer, options) => {
      const side = sides.connect(address, dialer, options);
      touch(side);
      return side;
    },
    listen: (address, options, acceptor) => sides.listen(address, options, touched(acceptor)),
    adopt: (fd, acceptor) => sides.adopt(fd, touched(acceptor)),
    attend: (work) => sides.attend(work),
    close: () => undefined,
  };
}

/**
 * The most that any side held at a time of what its reader had not taken. Asked only of one that is
 * full: to be asked, a side writes what it has put off.
 */
export class PendingWatch {
  mostBytes = 0;

  watch(side: Side): void {
    const write = side.write.bind(side);
    side.write = (chunk) => {
      const isFree = write(chunk);
      if (!isFree) this.mostBytes = Math.max(this.mostBytes, side.pendingBytes);
      return isFree;
    };
  }
}
