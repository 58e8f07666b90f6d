import type { Side } from '../../../src/model/side.js';
import type { Sides } from '../../../src/proxy/sides.js';
import { systemSides } from '../../../src/proxy/system-sides.js';

/** The system's sides, each of which `touch` gets into its hands before anything happens on it. */
export function touchedSides(touch: (side: Side) => void): Sides {
  const sides = systemSides();
  return {
    kind: sides.kind,
    connect: (address, dialer) => {
      const side = sides.connect(address, dialer);
      touch(side);
      return side;
    },
    serve: (server, accept, failed) => {
      const accepted = (client: Side): void => {
        touch(client);
        accept(client);
      };
      sides.serve(server, accepted, failed);
    },
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
