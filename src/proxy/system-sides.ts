import { findHandles } from './handles.js';
import { handleSides } from './handle-sides.js';
import type { Sides } from './sides.js';
import { streamSides } from './stream-sides.js';

/** The fastest that this Node has. */
export function systemSides(): Sides {
  const handles = findHandles();
  return handles ? handleSides(handles) : streamSides;
}
