import type { Socket } from 'node:net';

import { resetSocket } from '../../../src/proxy/stream-side.js';
import { patterned } from '../../support/bytes.js';
import { howEnded } from '../../support/client.js';

const pattern = patterned(1_000_003);

/** One end of a session: what it sends is known by its place, so that what comes is checked at once. */
export class Peer {
  received = 0;
  /** The first byte that was another one; undefined: none. */
  wrongAt: number | undefined;
  /** Reading came to an end, which after a reset may look like an orderly one. */
  sawEnd = false;
  closed = false;
  error: string | undefined;
  #sent = 0;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#check(chunk));
    socket.on('end', () => (this.sawEnd = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('close', () => (this.closed = true));
  }

  write(bytes: number): void {
    for (let left = bytes; left > 0;) {
      const at = this.#sent % pattern.length;
      const piece = pattern.subarray(at, at + left);
      this.socket.write(piece);
      this.#sent += piece.length;
      left -= piece.length;
    }
  }

  reset(): void {
    resetSocket(this.socket);
  }

  /** How the other side has ended, once reading is over. */
  async ending(): Promise<'end' | 'reset'> {
    if (!this.sawEnd || this.error !== undefined) return 'reset';
    return this.socket.writable ? howEnded(this.socket) : 'end';
  }

  #check(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const place = this.received % pattern.length;
      const expected = pattern.subarray(place, place + chunk.length - at);
      if (!expected.equals(chunk.subarray(at, at + expected.length)))
        this.wrongAt ??= this.received;
      at += expected.length;
      this.received += expected.length;
    }
  }
}
