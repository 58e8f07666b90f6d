/** An invariant that does not hold; says which, and when in virtual time. */
export class Violation extends Error {
  constructor(what: string, atMs: number) {
    super(`${formatTime(atMs)}: ${what}`);
    this.name = 'Violation';
  }
}

/** `12h03m04.5s` since the start. */
export function formatTime(atMs: number): string {
  const [hours, minutes] = [Math.floor(atMs / 3_600_000), Math.floor(atMs / 60_000) % 60];
  return `${hours}h${String(minutes).padStart(2, '0')}m${((atMs / 1000) % 60).toFixed(3)}s`;
}
