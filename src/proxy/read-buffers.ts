/**
 * Sizes of read buffers. Idle sessions keep the first; a read that fills its buffer moves on to the
 * next, so that a TLS handshake does not cost what bulk data is worth.
 */
export const bufferSizes = [1024, 8 * 1024, 64 * 1024] as const;

export const largestBuffer = bufferSizes[2];

/** How many buffers of the first size are kept for the next sessions. */
const mostKept = 1024;

const kept: Buffer[] = [];

/** A buffer of the size at this step; its content is undefined. */
export function takeBuffer(step: number): Buffer {
  const used = step === 0 ? kept.pop() : undefined;
  return used ?? Buffer.allocUnsafeSlow(bufferSizes[step] ?? largestBuffer);
}

/** Nobody may read into it or write from it any more. */
export function returnBuffer(buffer: Buffer): void {
  if (buffer.length === bufferSizes[0] && kept.length < mostKept) kept.push(buffer);
}
