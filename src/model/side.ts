import type { Address } from './address.js';

/**
 * One of the two connections of a session, as it is used on the data path. Nothing is read before
 * `read`; whoever sets `owner` is told what happens from then on.
 */
export interface Side {
  owner: SideOwner;
  readonly isTcp: boolean;
  /** Written, and not taken by the kernel yet. */
  readonly pendingBytes: number;
  /** Its peer's name; undefined for a unix socket and for a peer that has reset it already. Costs a system call. */
  peer(): SocketName | undefined;
  /** Its own name, as `peer`. */
  local(): SocketName | undefined;
  /** Reads from now on, or again. */
  read(): void;
  /** Reads no more until `read`; its end is not noticed either. */
  pause(): void;
  /**
   * The chunk is lent for the call only. False: more than enough is pending, and `sideWritable`
   * follows. A small chunk may wait for the end of the loop's turn. A failure is told later.
   */
  write(chunk: Buffer): boolean;
  /** Sends our end once all that was written is out. */
  end(): void;
  /** Closes it now; what is pending is lost. Its owner is told nothing more. Idempotent. */
  destroy(): void;
  /** As `destroy`, but a TCP peer sees a reset, so that nobody takes cut-off data for a whole. */
  reset(): void;
  /**
   * For a side whose peer has sent its end: nothing that is read tells of a reset after that. If
   * there was one, `sideFailed` follows. Finds nothing out where our own end is sent, nor of a unix
   * socket.
   */
  probe(): void;
  /** Makes TCP ask after its peer when idle this long. */
  keepAlive(idleMs: number): void;
}

export interface SocketName {
  readonly host: string;
  readonly port: number;
}

export interface SideOwner {
  /** The chunk is lent for the call only: its memory is read into again. */
  sideRead(side: Side, chunk: Buffer): void;
  /** Its peer has sent its end. */
  sideEnded(side: Side): void;
  /** All that was pending is out: after each `write` that returned false, and sometimes else. */
  sideWritable(side: Side): void;
  /** Reset by its peer, or broken. It is closed. */
  sideFailed(side: Side, error: Error): void;
  /** Both directions have ended in order. It is closed. */
  sideClosed(side: Side): void;
}

/** Who dials; told one of both, once, never from inside `connect`, unless it destroys the side before. */
export interface SideDialer {
  connected(side: Side): void;
  /** The side is closed. */
  failed(side: Side, error: Error): void;
}

/** Connects to an address, which is an IP literal or a path. */
export type Connect = (address: Address, dialer: SideDialer) => Side;
