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
  /**
   * Has the kernel move what it reads straight to the sink from now on, until it comes in small portions
   * again; `sideMoved` tells how much. False: that cannot be done, and nothing has changed.
   */
  moveTo(sink: Side): boolean;
  /** Sends our end once all that was written is out. */
  end(): void;
  /** Closes it now; what is pending is lost. Its owner is told nothing more. Idempotent. */
  destroy(): void;
  /** As `destroy`, but a TCP peer sees a reset, so that nobody takes cut-off data for a whole. */
  reset(): void;
}

export interface SocketName {
  readonly host: string;
  readonly port: number;
}

export interface SideOwner {
  /** The chunk is lent for the call only: its memory is read into again. */
  sideRead(side: Side, chunk: Buffer): void;
  /** So many bytes have been read and moved on (`moveTo`). */
  sideMoved(side: Side, bytes: number): void;
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

/** How TCP treats a peer that does not react; 0: as the system does by itself. */
export interface TcpOptions {
  /** Asks after a peer that has been silent for this long. */
  readonly keepaliveMs: number;
  /** Ends a connection whose bytes stay unacknowledged for this long (TCP_USER_TIMEOUT, tcp(7)). */
  readonly userTimeoutMs: number;
}

export interface ListenOptions extends TcpOptions {
  /** Binds an address that this machine does not have yet (IP_FREEBIND, ip(7)). */
  readonly freebind: boolean;
}

export interface SocketAcceptor {
  /** Nothing has been read from the client, and it has no owner yet. */
  accepted(client: Side): void;
  /** A client is lost; others go on. */
  failed(error: Error): void;
}

/** A bound socket that accepts. */
export interface BoundSocket {
  /** As the system has it: a port of 0 is a real one here. */
  readonly address: Address;
  /** For clients that come from now on. */
  configure(options: TcpOptions): void;
  /** Accepts no more; a unix socket's file stays. Idempotent. */
  close(): void;
}

/** Where sides come from: accepted, or dialed. Addresses are IP literals or paths. */
export interface Sides {
  /** `kernel`: plain system calls. `portable`: on Node's own sockets, for more CPU and memory. */
  readonly kind: 'kernel' | 'portable';
  connect(address: Address, dialer: SideDialer, options: TcpOptions): Side;
  /** Rejects with the code of the call that has failed. */
  listen(address: Address, options: ListenOptions, acceptor: SocketAcceptor): Promise<BoundSocket>;
  /** Takes a listening descriptor over that this process was started with. Rejects as `listen` does. */
  adopt(fd: number, acceptor: SocketAcceptor): Promise<BoundSocket>;
  /** To be told of work that waits for something of Node's own, as look-ups and files: it is kept going. */
  attend<T>(work: Promise<T>): Promise<T>;
  /** To be called last, when all that came from here is closed: nothing is told any more. */
  close(): void;
}

/** Dials for one gateway, by its settings. */
export type Connect = (address: Address, dialer: SideDialer) => Side;
