const nsPerMs = 1e6;

/** The duration as Go prints it (time.Duration.String): `1m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const ns = Math.round(ms * nsPerMs);
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < nsPerMs) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / nsPerMs}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor((ns % 3600e9) / 60e9);
  const seconds = `${(ns % 60e9) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
