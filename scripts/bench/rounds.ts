/**
 * Does the work on each in turn, round by round; each round begins with another, so that none
 * always follows the same one. Rounds count from 1.
 */
export async function interleave<T>(
  rounds: number,
  all: readonly T[],
  work: (one: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const one of inTurn(all, round)) await work(one, round);
  }
}

/** Beginning with the first in round 1, with the second in round 2, and so on. */
export function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = (round - 1) % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
