import type { Socket } from 'node:net';

/** One end of a conversation: says its bytes in parts, and checks each byte that it hears. */
export class Party {
  received = 0;
  sent = 0;
  /** The other side has closed its direction. */
  hasEnded = false;
  isReset = false;
  isClosed = false;
  /** What was wrong with what it heard; undefined: nothing. */
  mistake: string | undefined;
  readonly socket: Socket;
  readonly #says: Buffer;
  readonly #hears: Buffer;

  constructor(socket: Socket, { says, hears }: { readonly says: Buffer; readonly hears: Buffer }) {
    this.socket = socket;
    this.#says = says;
    this.#hears = hears;
    socket.on('data', (chunk: Buffer) => this.#check(chunk));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', () => (this.isReset = true));
    socket.on('close', () => (this.isClosed = true));
  }

  get hasHeardAll(): boolean {
    return this.received === this.#hears.length;
  }

  /** Says its bytes up to here. */
  sayUpTo(length: number): void {
    if (this.socket.destroyed || this.sent >= length) return;
    this.socket.write(this.#says.subarray(this.sent, length));
    this.sent = length;
  }

  /** Says what is left, and ends its direction. */
  finish(): void {
    this.sayUpTo(this.#says.length);
    if (!this.socket.destroyed) this.socket.end();
  }

  #check(chunk: Buffer): void {
    const expected = this.#hears.subarray(this.received, this.received + chunk.length);
    if (!chunk.equals(expected)) this.mistake ??= `other bytes after ${this.received} right ones`;
    this.received += chunk.length;
  }
}
