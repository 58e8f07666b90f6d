import type { SideOwner } from '../model/side.js';

/** Owns the sides that nobody wants to hear of: not yet, or no more. */
export const nobody: SideOwner = {
  sideRead: ignore,
  sideEnded: ignore,
  sideWritable: ignore,
  sideFailed: ignore,
  sideClosed: ignore,
};

function ignore(): void {
  // deliberately empty
}
