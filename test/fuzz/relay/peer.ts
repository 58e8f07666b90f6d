import type { Socket } from 'node:net';

import { resetSocket } from '../../../src/kernel/portable/stream-side.js';
import { patterned } from '../../support/bytes.js';
import { howEnded } from '../../support/client.js';
import { otherSide } from './model.js';
import type { SideName } from './script.js';

/** What each side says, again and again: a byte of the one is not taken for the other's. */
const patterns: Readonly<Record<SideName, Buffer>> = {
  client: patterned(1_000_003, 1),
  endpoint: patterned(1_000_003, 2),
};

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
  readonly name: SideName;
  readonly socket: Socket;
  readonly #says: Buffer;
  readonly #hears: Buffer;
  /** Where in the patterns it begins: a byte of one session is not taken for another's. */
  readonly #from: number;

  constructor(socket: Socket, name: SideName, session: number) {
    this.name = name;
    this.#from = session * 7_919;
    this.socket = socket;
    this.#says = patterns[name];
    this.#hears = patterns[otherSide(name)];
    socket.on('data', (chunk: Buffer) => this.#check(chunk));
    socket.on('end', () => (this.sawEnd = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('close', () => (this.closed = true));
  }

  write(bytes: number): void {
    for (let left = bytes; left > 0;) {
      const at = (this.#from + this.#sent) % this.#says.length;
      const piece = this.#says.subarray(at, at + left);
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
      const place = (this.#from + this.received) % this.#hears.length;
      const expected = this.#hears.subarray(place, place + chunk.length - at);
      if (!expected.equals(chunk.subarray(at, at + expected.length)))
        this.wrongAt ??= this.received;
      at += expected.length;
      this.received += expected.length;
    }
  }
}
