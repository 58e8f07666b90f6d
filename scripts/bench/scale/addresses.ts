/**
 * As many endpoints as one likes at one port: addresses of 127.0.0.0/8, where one backend answers.
 * The first is 127.1.0.1; 127.0.0.1 stays free for listeners.
 */
export function loopbackAddress(index: number, port: number): string {
  const host = index + 1;
  return `127.${1 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}:${port}`;
}

/** So many endpoints, the first of them with this index. */
export function loopbackEndpoints(count: number, port: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => loopbackAddress(from + i, port));
}
