import type { Socket } from 'node:net';

import type { Side, SideOwner, SocketName } from '../../model/side.js';
import { noOwner } from '../no-owner.js';
import { forgetHalfClosed, watchHalfClosed, type HalfClosed } from './half-closed.js';

/** One whole read may be pending without holding its source back, a second one not. */
export const sinkHighWaterMark = 64 * 1024 + 1;

/** A side on top of a `net.Socket` that has no listeners yet: slower than on a handle, and public. */
export class StreamSide implements HalfClosed, Side {
  owner: SideOwner = noOwner;
  isDestroyed = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
    socket.on('data', (chunk: Buffer) => this.owner.sideRead(this, chunk));
    socket.on('end', () => this.#confirmEnd());
    socket.on('drain', () => this.owner.sideWritable(this));
    socket.on('error', (error) => this.#forget().sideFailed(this, error));
    socket.on('close', () => this.#forget().sideClosed(this));
  }

  get isTcp(): boolean {
    return this.#socket.localPort !== undefined;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  peer(): SocketName | undefined {
    const { remoteAddress, remotePort } = this.#socket;
    return nameOf(remoteAddress, remotePort);
  }

  local(): SocketName | undefined {
    const { localAddress, localPort } = this.#socket;
    return nameOf(localAddress, localPort);
  }

  read(): void {
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(Buffer.from(chunk));
  }

  /**
   * An end that waits behind pending data could not be turned into a reset any more: libuv refuses
   * that, and Node then never closes the descriptor.
   */
  end(): void {
    const socket = this.#socket;
    if (socket.writableLength === 0) socket.end();
    else socket.write(nothing, (error) => !error && socket.end());
  }

  destroy(): void {
    this.#forget();
    this.#socket.destroy();
  }

  reset(): void {
    this.#forget();
    resetSocket(this.#socket);
  }

  /** Node has no way to do that. */
  moveTo(): boolean {
    return false;
  }

  /** An empty write sends nothing, and fails after a reset. */
  lookForReset(): void {
    if (this.#socket.writable) this.#socket.write(nothing);
  }

  /**
   * libuv reports an end also for a reset that has come in with the last bytes, and an empty write,
   * which sends nothing, fails then. Where that cannot tell the end is believed: our own direction
   * is closed or not written out, or it is a unix socket, which knows no reset.
   */
  #confirmEnd(): void {
    const socket = this.#socket;
    if (!socket.writable || socket.writableLength > 0 || !this.isTcp) {
      this.#tellEnd();
      return;
    }
    socket.write(nothing, (error) => {
      if (!error) this.#tellEnd();
    });
  }

  #tellEnd(): void {
    if (this.isTcp && !this.isDestroyed) watchHalfClosed(this);
    this.owner.sideEnded(this);
  }

  /** Returns its last owner. */
  #forget(): SideOwner {
    const { owner } = this;
    this.owner = noOwner;
    this.isDestroyed = true;
    forgetHalfClosed(this);
    return owner;
  }
}

/** While our end is on its way, which takes a turn of the loop, the reset follows it. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) {
    socket.once('finish', () => resetSocket(socket));
    return;
  }
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy(); // ERR_INVALID_HANDLE_TYPE: not a TCP socket
  }
}

function nameOf(host: string | undefined, port: number | undefined): SocketName | undefined {
  return host === undefined ? undefined : { host, port: port ?? 0 };
}

const nothing = Buffer.alloc(0);
