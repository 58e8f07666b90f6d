import type { SideOwner } from '../model/side.js';

/** Owns sockets that have no owner yet, or none any more. */
export const noOwner: SideOwner = {
  sideRead: ignore,
  sideMoved: ignore,
  sideEnded: ignore,
  sideWritable: ignore,
  sideFailed: ignore,
  sideClosed: ignore,
};

function ignore(): void {
  // deliberately empty
}
