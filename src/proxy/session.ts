import type { Address } from '../model/address.js';
import type { RefusalReason, SessionEnd } from '../model/events.js';
import type { Timer } from '../model/ports.js';
import type { SessionView } from '../model/views.js';
import type { Connect, Side, SideDialer, SideOwner } from '../model/side.js';
import { itself } from '../pool/dial-failure.js';
import { Dialing, type DialDeps, type Dialer } from '../pool/dialing.js';
import type { WaitingSession } from '../pool/first-byte-watch.js';
import type { Upstream } from '../pool/upstream.js';
import { Relay } from './relay.js';
import { entered, left, type SessionBooks } from './session-books.js';
import { peerName } from './peer-name.js';

/** How long a client that has ended its side without a word is dialed for. */
const silentClientMs = 250;

/** Ends of sessions that stand still: where nothing is half-sent, both sides see an orderly end. */
const orderlyEnds: ReadonlySet<SessionEnd> = new Set(['done', 'idle', 'rebalanced', 'admin']);

/** The gateway as its sessions see it. */
export interface SessionHome extends DialDeps, SessionBooks {
  readonly connect: Connect;
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
  readonly server: Side;
}

/**
 * One client, from accept to close. It waits for an upstream, then two relays copy until both
 * sides have ended, one has failed, or somebody closes it.
 */
export class Session implements Dialer, SideOwner, WaitingSession {
  readonly id: number;
  readonly startedMs: number;
  readonly clientName: string;
  sentAtMs = 0;
  quietSinceMs: number;
  readonly #home: SessionHome;
  readonly #client: Side;
  readonly #toUpstream = new Relay();
  readonly #toClient = new Relay();
  #dialing: Dialing | undefined;
  #silence: Timer | undefined;
  #link: Link | undefined;
  #forgetDial: (() => void) | undefined;
  #closedSides = 0;
  #ended = false;

  /** `id`: of no other session of the process. */
  constructor(id: number, home: SessionHome, client: Side) {
    this.id = id;
    this.#home = home;
    this.#client = client;
    this.clientName = home.namesClients ? peerName(client) : '';
    this.startedMs = home.clock.nowMs();
    this.quietSinceMs = this.startedMs;
  }

  get upstream(): Upstream {
    if (!this.#link) throw new Error('a session was asked for its upstream before it had one');
    return this.#link.upstream;
  }

  get gateway(): string {
    return this.#home.gateway;
  }

  /** Empty while it is dialing. */
  get endpoint(): string {
    return this.#link?.upstream.name.endpoint ?? '';
  }

  get ageMs(): number {
    return this.#home.clock.nowMs() - this.startedMs;
  }

  get isDialing(): boolean {
    return this.#dialing !== undefined;
  }

  get bytesSent(): number {
    return this.#toUpstream.bytes;
  }

  get bytesReceived(): number {
    return this.#toClient.bytes;
  }

  /** Takes the client on, unless it was closed before; an upstream is found in the background. */
  start(): void {
    if (this.#ended) return; // while it was held
    this.#client.owner = this;
    this.#dialing = new Dialing(this.#home.pool, this, this.#home);
    this.#toUpstream.readFrom(this.#client);
    this.#dialing.start();
  }

  connect(address: Address, dialer: SideDialer): Side {
    return this.#home.connect(address, dialer);
  }

  dialed(upstream: Upstream, server: Side): void {
    this.#dialing = undefined;
    this.#silence?.cancel();
    this.#link = { upstream, server };
    this.quietSinceMs = this.#home.clock.nowMs();
    server.owner = this;
    entered(this);
    if (upstream.address && this.#home.loops.mayBeOwn(upstream.address)) {
      this.#forgetDial = this.#home.loops.dialed(server, () => this.#onLoop());
    }
    this.#toClient.writeTo(this.#client);
    this.#toClient.readFrom(server);
    this.#toUpstream.writeTo(server);
    if (this.bytesSent > 0) this.#awaitAnswer();
    this.#home.loopWatch.opened(upstream);
  }

  dialFailed(tried: boolean): void {
    this.#dialing = undefined;
    this.#home.refused(tried ? 'all-failed' : 'no-endpoint', peerName(this.#client));
    this.#leave();
    this.#client.reset();
  }

  sideRead(side: Side, chunk: Buffer): void {
    if (side === this.#client) this.#sent(chunk);
    else this.#received(chunk);
  }

  sideMoved(side: Side, bytes: number): void {
    const { counters } = this.upstream;
    this.quietSinceMs = this.#home.clock.nowMs();
    if (side === this.#client) {
      this.#toUpstream.bytes += bytes;
      counters.bytesSent += bytes;
    } else {
      this.#toClient.bytes += bytes;
      counters.bytesReceived += bytes;
    }
  }

  /** From a side of this session: its peer has sent its end. */
  sideEnded(side: Side): void {
    if (side !== this.#client) {
      this.#lookForEarlyEnd();
      this.#pass(this.#toClient, this.#client, this.#toUpstream);
    } else if (this.#link) this.#pass(this.#toUpstream, this.#link.server, this.#toClient);
    else this.#clientEndedEarly();
  }

  sideWritable(side: Side): void {
    if (side === this.#client) this.#toClient.resume();
    else this.#toUpstream.resume();
  }

  sideFailed(side: Side): void {
    if (side === this.#client) {
      this.close('client-reset');
      return;
    }
    const upstream = this.#link?.upstream;
    this.#lookForEarlyEnd();
    this.close('endpoint-reset');
    if (upstream) void this.#home.pool.resetBy(upstream);
  }

  sideClosed(): void {
    this.#closedSides += 1;
    if (this.#closedSides === 2) this.#finish('done');
  }

  close(end: SessionEnd): void {
    if (this.#ended) return;
    // Bytes that a stalled reader has not taken are lost here: that must not look like their end.
    const isOrderly = orderlyEnds.has(end) && !this.#holdsBytes();
    for (const side of [this.#client, this.#link?.server]) {
      if (isOrderly) side?.destroy();
      else side?.reset();
    }
    this.#finish(end);
  }

  /** How it is, for who asks. */
  view(): SessionView {
    const { id, gateway, ageMs } = this;
    const nowMs = this.#home.clock.nowMs();
    return {
      ...{ id, gateway },
      ...(this.#link?.upstream.name ?? { endpoint: '' }),
      client: this.clientName === '' ? peerName(this.#client) : this.clientName,
      state: this.#stateName(),
      ageMs: Math.round(ageMs),
      idleMs: Math.max(0, Math.round(nowMs - this.quietSinceMs)),
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
    };
  }

  #stateName(): SessionView['state'] {
    if (!this.#link) return 'dialing';
    return this.#toUpstream.hasEnded || this.#toClient.hasEnded ? 'half-closed' : 'open';
  }

  /** Whether it has an upstream that has not sent a byte. */
  get isUnanswered(): boolean {
    return this.#link !== undefined && this.bytesReceived === 0;
  }

  #sent(chunk: Buffer): void {
    const isFirst = this.bytesSent === 0;
    this.quietSinceMs = this.#home.clock.nowMs();
    this.#toUpstream.take(chunk);
    if (isFirst && this.#home.loops.expectsMark && this.#home.loops.carriesMark(chunk)) {
      this.close('loop'); // a session that carries our own mark is one turn of a loop
      return;
    }
    if (!this.#link) return;
    this.#link.upstream.counters.bytesSent += chunk.length;
    if (isFirst) this.#awaitAnswer();
  }

  #received(chunk: Buffer): void {
    const isFirst = this.bytesReceived === 0;
    this.quietSinceMs = this.#home.clock.nowMs();
    this.#toClient.take(chunk);
    this.upstream.counters.bytesReceived += chunk.length;
    if (isFirst) this.#answered();
  }

  #holdsBytes(): boolean {
    return this.#client.pendingBytes > 0 || (this.#link?.server.pendingBytes ?? 0) > 0;
  }

  #answered(): void {
    this.#forgetDial?.(); // in a loop nobody answers, and its port may soon be a client's as well
    this.#forgetDial = undefined;
    this.#home.firstBytes.answered(this);
    this.#home.loopWatch.answered();
  }

  /** The upstream's direction is over, without a byte, though its client has not left. */
  #lookForEarlyEnd(): void {
    if (!this.isUnanswered || this.#toClient.hasEnded || this.#toUpstream.hasEnded) return;
    void this.#home.pool.endedEarly(this.upstream);
  }

  #awaitAnswer(): void {
    if (this.bytesReceived > 0) return;
    this.sentAtMs = this.#home.clock.nowMs();
    this.#home.firstBytes.sent(this);
  }

  /**
   * Passes an end on. Where the other direction has ended too and nothing is left to write, the
   * side is closed right away: that sends the same FIN with fewer system calls.
   */
  #pass(relay: Relay, sink: Side, opposite: Relay): void {
    if (!opposite.hasEnded || sink.pendingBytes > 0) {
      relay.end();
      return;
    }
    relay.hasEnded = true;
    sink.destroy();
    this.sideClosed();
  }

  /**
   * An end without a word, before there is an upstream, is either a client that listens only or
   * one that has left: TCP does not tell. It gets a usual dial's time.
   */
  #clientEndedEarly(): void {
    this.#toUpstream.end();
    if (!this.#dialing || this.bytesSent > 0) return;
    this.#silence = this.#home.clock.setTimer(silentClientMs, () => this.close('done'));
  }

  #onLoop(): void {
    this.#home.pool.eject(this.upstream, { cause: 'loop', reason: itself.reason });
    this.close('loop');
  }

  #finish(end: SessionEnd): void {
    if (this.#ended) return;
    this.#leave();
    this.#forgetDial?.();
    if (this.#link) left(this.#home, this, end);
  }

  #leave(): void {
    this.#ended = true;
    this.#dialing?.cancel();
    this.#dialing = undefined;
    this.#silence?.cancel();
    this.#home.left(this);
  }
}
