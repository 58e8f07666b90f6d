/** A stream whose peer has sent its end. */
export interface HalfClosed {
  /** Looks whether it has been reset since. */
  lookForReset(): void;
}

/** Long enough to cost little, short enough for the other end of a session to wait. */
const periodMs = 1_000;

const all = new Set<HalfClosed>();
let timer: NodeJS.Timeout | undefined;

/**
 * Nobody reads from a stream after its end, so Node does not tell of a reset that comes then: it is looked
 * for once a second. One timer for all, only while there are any.
 */
export function watchHalfClosed(stream: HalfClosed): void {
  all.add(stream);
  timer ??= setInterval(() => {
    for (const one of [...all]) one.lookForReset();
  }, periodMs);
}

export function forgetHalfClosed(stream: HalfClosed): void {
  all.delete(stream);
  if (all.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
