/**
 * A block of memory that the kernel reads from and writes to. V8 never moves the memory of a buffer made
 * by `allocUnsafeSlow`, so its address holds for as long as the buffer is referenced.
 */
export class Memory {
  readonly bytes: Buffer;
  readonly address: number;

  /** Only `Libc.allocate` makes one: it alone can find out the address. */
  constructor(bytes: Buffer, address: number) {
    this.bytes = bytes;
    this.address = address;
  }

  get size(): number {
    return this.bytes.length;
  }
}
