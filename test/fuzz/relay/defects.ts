import type { Side, SideOwner } from '../../../src/model/side.js';

/** A mistake of a relay, made on each of its sides. */
export interface Defect {
  /** What such a relay does. */
  readonly relay: string;
  readonly defect: (side: Side) => void;
  /** What the model must say of it. */
  readonly finding: RegExp;
  /** Harmless on streams, each of whose reads has memory of its own. */
  readonly onlyOnSystemCalls?: boolean;
}

/** As much as one read takes. */
const wholeRead = 64 * 1024;

const aboutEnds = /both ends|and the end|an end/;

/** A mistake in how chunks are written: on sides that move nothing inside the kernel, where no chunk is seen. */
function onChunks(defect: (side: Side) => void): (side: Side) => void {
  return (side) => {
    side.moveTo = () => false;
    defect(side);
  };
}

/** What a relay must never do. */
export const defects: readonly Defect[] = [
  {
    relay: 'loses a byte of each whole read',
    finding: /got another byte/,
    defect: onChunks((side: Side): void => {
      const write = side.write.bind(side);
      side.write = (chunk) => write(chunk.length < wholeRead ? chunk : chunk.subarray(1));
    }),
  },
  {
    relay: 'writes twice what does not fit',
    finding: /got another byte|bytes, \d+ were sent/,
    defect: onChunks((side: Side): void => {
      const write = side.write.bind(side);
      side.write = (chunk) => write(chunk) || write(chunk);
    }),
  },
  {
    relay: 'keeps what it was only lent',
    finding: /got another byte/,
    onlyOnSystemCalls: true,
    defect: (side: Side): void => tellLater(side, (chunk) => chunk),
  },
  {
    relay: 'ends a sink that is full',
    finding: /waited .* bytes/,
    defect: onChunks((side: Side): void => {
      const write = side.write.bind(side);
      side.write = (chunk) => {
        const isFree = write(chunk);
        if (!isFree) side.end();
        return isFree;
      };
    }),
  },
  {
    relay: 'closes both directions at the end of one',
    finding: aboutEnds,
    defect: (side: Side): void => {
      side.end = () => side.destroy();
    },
  },
  {
    relay: 'resets where only one direction has ended',
    finding: aboutEnds,
    defect: (side: Side): void => {
      side.end = () => side.reset();
    },
  },
  {
    relay: 'never passes an end on',
    finding: aboutEnds,
    defect: (side: Side): void => {
      side.end = () => undefined;
    },
  },
  {
    relay: 'makes an orderly end of a reset',
    finding: /saw an end that was a reset/,
    defect: (side: Side): void => {
      side.reset = () => side.destroy();
    },
  },
  {
    relay: 'forgets to read on',
    finding: /waited .* bytes/,
    defect: onChunks((side: Side): void => {
      const [read, pause] = [side.read.bind(side), side.pause.bind(side)];
      let hasPaused = false;
      side.pause = () => {
        hasPaused = true;
        pause();
      };
      side.read = () => {
        if (!hasPaused) read();
      };
    }),
  },
  {
    relay: 'holds no writer back',
    finding: /bytes were held for a slow reader/,
    defect: onChunks((side: Side): void => {
      side.pause = () => undefined;
    }),
  },
  {
    relay: 'gives bulk up that the kernel moves, when its sink is full',
    finding: /waited .* bytes/,
    onlyOnSystemCalls: true,
    defect: (side: Side): void => {
      const moveTo = side.moveTo.bind(side);
      side.moveTo = (sink) => {
        const moves = moveTo(sink);
        if (moves) Object.defineProperty(sink, 'ready', { value: () => undefined }); // its edges are lost
        return moves;
      };
    },
  },
  {
    relay: 'counts nothing of what the kernel moves',
    finding: /deeply equal/,
    onlyOnSystemCalls: true,
    defect: (side: Side): void =>
      tellAs(side, (owner) => ({ ...plain(owner), sideMoved: () => undefined })),
  },
];

/** No defect: what happens is told a turn of the loop later, and what has been read is copied. */
export function late(side: Side): void {
  tellLater(side, (chunk) => Buffer.from(chunk));
}

/** The owner's calls as an object of their own. */
function plain(owner: SideOwner): SideOwner {
  return {
    sideRead: (side, chunk) => owner.sideRead(side, chunk),
    sideMoved: (side, bytes) => owner.sideMoved(side, bytes),
    sideEnded: (side) => owner.sideEnded(side),
    sideWritable: (side) => owner.sideWritable(side),
    sideFailed: (side, error) => owner.sideFailed(side, error),
    sideClosed: (side) => owner.sideClosed(side),
  };
}

/** Has the side tell another owner than the one that it is given. */
function tellAs(side: Side, as: (owner: SideOwner) => SideOwner): void {
  let { owner } = side;
  Object.defineProperty(side, 'owner', {
    get: () => as(owner),
    set: (next: SideOwner) => (owner = next),
  });
}

function tellLater(side: Side, keep: (chunk: Buffer) => Buffer): void {
  const { hold, release } = holdable(side);
  const laterTo = (owner: SideOwner): SideOwner => ({
    sideRead: (_side, chunk) => {
      const kept = keep(chunk);
      hold();
      setImmediate(() => {
        owner.sideRead(side, kept);
        release();
      });
    },
    sideMoved: (_side, bytes) => void setImmediate(() => owner.sideMoved(side, bytes)),
    sideEnded: () => void setImmediate(() => owner.sideEnded(side)),
    sideWritable: () => void setImmediate(() => owner.sideWritable(side)),
    sideFailed: (_side, error) => void setImmediate(() => owner.sideFailed(side, error)),
    sideClosed: () => void setImmediate(() => owner.sideClosed(side)),
  });
  tellAs(side, laterTo);
}

/** Reading can be held; when it is released it goes on if the side's owner wants that by then. */
function holdable(side: Side): { readonly hold: () => void; readonly release: () => unknown } {
  const [read, pause] = [side.read.bind(side), side.pause.bind(side)];
  let isWanted = false;
  side.read = () => {
    isWanted = true;
    read();
  };
  side.pause = () => {
    isWanted = false;
    pause();
  };
  return { hold: pause, release: () => isWanted && read() };
}
