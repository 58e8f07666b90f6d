import type { Upstream } from './upstream.js';

/** Thousands of sessions closed in one turn of the loop would hold up all others. */
const mostClosedAtOnce = 100;

/** Closes sessions of lost upstreams (`on-eject: close`). Returns whether there may be more. */
export function closeStranded(
  upstreams: Iterable<Upstream>,
  isLost: (upstream: Upstream) => boolean,
): boolean {
  let left = mostClosedAtOnce;
  for (const upstream of upstreams) {
    if (upstream.sessions.size === 0 || !isLost(upstream)) continue;
    for (const session of [...upstream.sessions].slice(0, left)) {
      session.close('ejected');
      left -= 1;
    }
    if (left === 0) return true;
  }
  return false;
}
