import type { Socket } from 'node:net';

import type { Address } from '../model/address.js';
import type { RefusalReason, SessionEnd } from '../model/events.js';
import type { Timer } from '../model/ports.js';
import { itself } from '../pool/dial-failure.js';
import { Dialing, type DialDeps, type Dialer } from '../pool/dialing.js';
import type { FirstByteWatch, WaitingSession } from '../pool/first-byte-watch.js';
import type { Pool } from '../pool/pool.js';
import type { Upstream } from '../pool/upstream.js';
import type { Keepalive, LongLived } from './keepalive.js';
import type { LoopGuard } from './loop-guard.js';
import type { LoopWatch } from './loop-watch.js';
import { Relay, type RelayOwner } from './relay.js';
import { confirmEnd, reset } from './socket-ends.js';
import { openUpstreamSocket, peerName } from './sockets.js';

/** How long a client that has ended its side without a word is dialed for. */
const silentClientMs = 250;

/** Ends of sessions that stand still: where nothing is half-sent, both sides see an orderly end. */
const orderlyEnds: ReadonlySet<SessionEnd> = new Set(['done', 'idle', 'rebalanced']);

/** The gateway as its sessions see it. */
export interface SessionHome extends DialDeps {
  readonly pool: Pool;
  readonly firstBytes: FirstByteWatch;
  readonly loops: LoopGuard;
  readonly loopWatch: LoopWatch;
  readonly keepalive: Keepalive;
  /** Whether somebody wants to know which client a session is of: asking costs a system call. */
  readonly namesClients: boolean;
  /** No upstream was found for this client. */
  refused(reason: RefusalReason, client: string): void;
  /** The session has ended. */
  left(session: Session): void;
}

/** What a session is once it has its upstream. */
interface Link {
  readonly upstream: Upstream;
  readonly server: Socket;
}

/**
 * One client, from accept to close. It waits for an upstream, then two relays copy until both
 * sides have ended, one has failed, or somebody closes it.
 */
export class Session implements Dialer, LongLived, RelayOwner, WaitingSession {
  readonly startedMs: number;
  sentAtMs = 0;
  quietSinceMs: number;
  readonly #home: SessionHome;
  readonly #client: Socket;
  readonly #clientName: string;
  readonly #toUpstream = new Relay(this);
  readonly #toClient = new Relay(this);
  #dialing: Dialing | undefined;
  #silence: Timer | undefined;
  #link: Link | undefined;
  #bytesAtSweep = 0;
  #closedSides = 0;
  #ended = false;

  constructor(home: SessionHome, client: Socket) {
    this.#home = home;
    this.#client = client;
    this.#clientName = home.namesClients ? peerName(client) : '';
    this.startedMs = home.clock.nowMs();
    this.quietSinceMs = this.startedMs;
  }

  get upstream(): Upstream {
    if (!this.#link) throw new Error('a session was asked for its upstream before it had one');
    return this.#link.upstream;
  }

  get isDialing(): boolean {
    return this.#dialing !== undefined;
  }

  /** Takes the client on; an upstream is found in the background. */
  start(): void {
    listen(this.#client, this);
    this.#dialing = new Dialing(this.#home.pool, this, this.#home);
    this.#toUpstream.readFromAccepted(this.#client);
    this.#dialing.start();
  }

  connect(address: Address): Socket {
    return openUpstreamSocket(address, this.#toClient);
  }

  dialed(upstream: Upstream, server: Socket): void {
    this.#dialing = undefined;
    this.#silence?.cancel();
    this.#link = { upstream, server };
    this.quietSinceMs = this.#home.clock.nowMs();
    upstream.sessions.add(this);
    upstream.counters.sessionsOpened += 1;
    upstream.counters.bytesSent += this.#toUpstream.bytes;
    listen(server, this);
    this.#home.keepalive.started(this);
    if (this.#home.loops.mayBeOwn(upstream.endpoint.address)) {
      this.#home.loops.dialed(server, () => this.#onLoop());
    }
    this.#toClient.readFrom(server);
    this.#toClient.writeTo(this.#client);
    this.#toUpstream.writeTo(server);
    if (this.#toUpstream.bytes > 0) this.#awaitAnswer();
    this.#home.loopWatch.opened(upstream);
  }

  dialFailed(tried: boolean): void {
    this.#dialing = undefined;
    this.#home.refused(tried ? 'all-failed' : 'no-endpoint', peerName(this.#client));
    this.#leave();
    reset(this.#client);
  }

  moved(relay: Relay, chunk: Buffer): void {
    const isFirst = relay.bytes === chunk.length;
    if (isFirst && this.#home.loops.expectsMark && this.#isMarked(relay, chunk)) return;
    const link = this.#link;
    if (!link) return;
    if (relay === this.#toUpstream) {
      link.upstream.counters.bytesSent += chunk.length;
      if (isFirst) this.#awaitAnswer();
    } else {
      link.upstream.counters.bytesReceived += chunk.length;
      if (isFirst) this.#answered();
    }
  }

  close(end: SessionEnd): void {
    if (this.#ended) return;
    // Bytes that a stalled reader has not taken are lost here: that must not look like their end.
    const finish = orderlyEnds.has(end) && !this.#holdsBytes() ? destroy : reset;
    finish(this.#client);
    if (this.#link) finish(this.#link.server);
    this.#finish(end);
  }

  #holdsBytes(): boolean {
    return this.#client.writableLength > 0 || (this.#link?.server.writableLength ?? 0) > 0;
  }

  /** Notes since when nothing has passed; called at each sweep. */
  sweep(nowMs: number): void {
    const bytes = this.#toUpstream.bytes + this.#toClient.bytes;
    if (bytes === this.#bytesAtSweep) return;
    this.#bytesAtSweep = bytes;
    this.quietSinceMs = nowMs;
  }

  /** Whether it has an upstream that has not sent a byte. */
  get isUnanswered(): boolean {
    return this.#link !== undefined && this.#toClient.bytes === 0;
  }

  /** A session that carries our own mark is one turn of a loop. */
  #isMarked(relay: Relay, chunk: Buffer): boolean {
    if (relay !== this.#toUpstream || !this.#home.loops.carriesMark(chunk)) return false;
    this.close('loop');
    return true;
  }

  #answered(): void {
    this.#home.firstBytes.answered(this);
    this.#home.loopWatch.answered();
  }

  #awaitAnswer(): void {
    if (this.#toClient.bytes > 0) return;
    this.sentAtMs = this.#home.clock.nowMs();
    this.#home.firstBytes.sent(this);
  }

  /** From a socket of this session: its peer has sent its end, or a reset that looks like one. */
  sideEnded(side: Socket): void {
    confirmEnd(side, () => this.#endConfirmed(side));
  }

  #endConfirmed(side: Socket): void {
    if (this.#ended) return;
    if (side !== this.#client) {
      this.#pass(this.#toClient, this.#client, this.#toUpstream);
      return;
    }
    if (this.#link) this.#pass(this.#toUpstream, this.#link.server, this.#toClient);
    else this.#clientEndedEarly();
  }

  sideWritable(side: Socket): void {
    if (side === this.#client) this.#toClient.resume();
    else this.#toUpstream.resume();
  }

  sideFailed(side: Socket): void {
    if (side === this.#client) {
      this.close('client-reset');
      return;
    }
    const upstream = this.#link?.upstream;
    this.close('endpoint-reset');
    if (upstream) void this.#home.pool.resetBy(upstream);
  }

  sideClosed(side: Socket): void {
    if (side === this.#client) this.#toUpstream.release();
    else this.#toClient.release();
    this.#closedSides += 1;
    if (this.#closedSides === 2) this.#finish('done');
  }

  keepAlive(idleMs: number): void {
    this.#client.setKeepAlive(true, idleMs);
    this.#link?.server.setKeepAlive(true, idleMs);
  }

  /**
   * Passes an end on. Where the other direction has ended too and nothing is left to write, the
   * socket is closed right away: that sends the same FIN with fewer system calls.
   */
  #pass(relay: Relay, sink: Socket, opposite: Relay): void {
    if (!opposite.hasEnded || sink.writableLength > 0) {
      relay.end();
      return;
    }
    relay.hasEnded = true;
    sink.destroy();
  }

  /**
   * An end without a word, before there is an upstream, is either a client that listens only or
   * one that has left: TCP does not tell. It gets a usual dial's time.
   */
  #clientEndedEarly(): void {
    this.#toUpstream.end();
    if (!this.#dialing || this.#toUpstream.bytes > 0) return;
    this.#silence = this.#home.clock.setTimer(silentClientMs, () => this.close('done'));
  }

  #onLoop(): void {
    this.#home.pool.eject(this.upstream, { cause: 'loop', reason: itself.reason });
    this.close('loop');
  }

  #finish(end: SessionEnd): void {
    if (this.#ended) return;
    this.#leave();
    const link = this.#link;
    if (!link) return;
    const { upstream } = link;
    this.#home.firstBytes.left(this);
    if (this.isUnanswered) this.#home.loopWatch.answered();
    this.#home.keepalive.ended(this);
    upstream.sessions.delete(this);
    upstream.counters.closed(end);
    this.#home.pool.left(upstream);
    this.#home.observer({
      type: 'session-closed',
      gateway: this.#home.gateway,
      endpoint: upstream.key,
      client: this.#clientName,
      bytesSent: this.#toUpstream.bytes,
      bytesReceived: this.#toClient.bytes,
      durationMs: this.#home.clock.nowMs() - this.startedMs,
      end,
    });
  }

  #leave(): void {
    this.#ended = true;
    this.#dialing?.cancel();
    this.#dialing = undefined;
    this.#silence?.cancel();
    this.#home.left(this);
  }
}

/** Which session a socket belongs to: so one set of listeners serves all sockets. */
const sessionOf = Symbol('session');

interface SessionSocket extends Socket {
  [sessionOf]?: Session;
}

function listen(socket: SessionSocket, session: Session): void {
  socket[sessionOf] = session;
  socket.on('end', onEnd).on('drain', onDrain).on('error', onError).on('close', onClose);
}

function onEnd(this: SessionSocket): void {
  this[sessionOf]?.sideEnded(this);
}

function onDrain(this: SessionSocket): void {
  this[sessionOf]?.sideWritable(this);
}

function onError(this: SessionSocket): void {
  this[sessionOf]?.sideFailed(this);
}

function onClose(this: SessionSocket): void {
  this[sessionOf]?.sideClosed(this);
}

function destroy(socket: Socket): void {
  socket.destroy();
}
