/** Messages over TCP are preceded by their length (RFC 1035, section 4.2.2). */
const lengthBytes = 2;
const longestMessage = 0xffff;

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Puts one message together, in whatever pieces it comes; each byte is copied once. */
export class FramedMessage {
  readonly #bytes = Buffer.allocUnsafe(lengthBytes + longestMessage);
  #received = 0;

  /** The message, once all of it has come. */
  add(chunk: Buffer): Buffer | undefined {
    this.#received += chunk.copy(this.#bytes, this.#received);
    if (this.#received < lengthBytes) return undefined;
    const end = lengthBytes + this.#bytes.readUInt16BE(0);
    return this.#received < end ? undefined : this.#bytes.subarray(lengthBytes, end);
  }
}
