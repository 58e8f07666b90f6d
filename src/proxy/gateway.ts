import { formatAddress, type Address } from '../model/address.js';
import type { DesiredGateway } from '../model/desired-state.js';
import type { Observer, RefusalReason, SessionEnd } from '../model/events.js';
import type { Clock } from '../model/ports.js';
import type { Connect, Side, Sides } from '../model/side.js';
import type { GatewayView } from '../model/views.js';
import { FirstByteWatch } from '../pool/first-byte-watch.js';
import { leadsBack } from '../pool/dial-failure.js';
import type { MemberChange } from '../pool/member-change.js';
import { Pool, type PoolDeps } from '../pool/pool.js';
import { sendMark, type SendMark } from '../pool/probe-loop.js';
import type { Upstream } from '../pool/upstream.js';
import { Guard } from './guard.js';
import type { LoopGuard } from './loop-guard.js';
import { LoopMarks } from './loop-marks.js';
import { LoopWatch } from './loop-watch.js';
import { Session, type SessionHome } from './session.js';
import type { SessionBudget } from './session-budget.js';
import { SessionSweep } from './session-sweep.js';
import { peerName } from './peer-name.js';

/** Upstreams: to look at them and to send that takes about a millisecond. */
const viewedAtOnce = 100;

export interface GatewayDeps extends PoolDeps {
  /** Shared by all gateways: what the file descriptors of the process allow. */
  readonly budget: SessionBudget;
  readonly loops: LoopGuard;
  readonly sides: Sides;
  /** Whether each session's end is told with its client's name: then the name is asked for. */
  readonly namesClients: () => boolean;
}

/**
 * A live gateway: its pool, its sessions, and who is let in. Its listeners live beside it. Does
 * nothing before the first commit.
 */
export class Gateway implements SessionHome {
  /** Its name, as events and logs carry it. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly pool: Pool;
  readonly firstBytes: FirstByteWatch;
  readonly loopWatch: LoopWatch;
  readonly #sessions = new Set<Session>();
  readonly #sweep: SessionSweep;
  readonly budget: SessionBudget;
  readonly loops: LoopGuard;
  readonly isSelf: (address: Address) => boolean;
  readonly connect: Connect;
  readonly #namesClients: () => boolean;
  #guard: Guard;
  #listen: readonly Address[];
  #whenEmpty: (() => void) | undefined;

  constructor(desired: DesiredGateway, deps: GatewayDeps) {
    this.gateway = desired.name;
    this.clock = deps.clock;
    this.observer = deps.observer;
    this.budget = deps.budget;
    this.loops = deps.loops;
    this.connect = (address, dialer) => deps.sides.connect(address, dialer, this.pool.settings);
    this.isSelf = (address) => deps.loops.isSelf(address);
    this.#listen = desired.listen;
    this.#guard = new Guard(desired.settings);
    this.pool = new Pool(desired.name, desired.settings, deps);
    this.#namesClients = deps.namesClients;
    const send: SendMark = (...mark) => deps.sides.attend(sendMark(...mark));
    const marks = new LoopMarks(deps.loops, deps.clock, send, (upstream) =>
      this.#breakLoop(upstream),
    );
    this.loopWatch = new LoopWatch(deps.clock, marks);
    this.firstBytes = new FirstByteWatch(this.pool, deps.clock);
    this.#sweep = new SessionSweep(this.#sessions, deps.clock, deps.random);
  }

  /**
   * Builds what that takes. Changes nothing: the function that it returns makes it so, and can be dropped.
   * That one returns how many sessions go on at endpoints that it took out.
   */
  prepare(desired: DesiredGateway): () => number {
    const members = this.pool.prepare(desired.endpoints);
    return () => this.#commit(desired, members);
  }

  #commit(desired: DesiredGateway, members: MemberChange): number {
    this.#listen = desired.listen;
    this.#guard = new Guard(desired.settings);
    this.#sweep.configure(desired.settings);
    return this.pool.commit(members, desired.settings);
  }

  /**
   * Takes on a client that a listener has accepted, or resets it at once. A TCP client without an
   * address has reset its connection already: what it sent can still be read, but nobody can say
   * any more whether it was allowed to.
   */
  accept(client: Side): void {
    const host = this.#guard.isOpen ? undefined : client.peer()?.host;
    if (client.isTcp && host === undefined && !this.#guard.isOpen) {
      client.destroy();
      return;
    }
    const refusal = this.#refusal(client, host);
    if (refusal) {
      this.refused(refusal, peerName(client));
      client.reset();
      return;
    }
    const session = new Session(this.budget.nextId(), this, client);
    this.#sessions.add(session);
    this.budget.open += 1;
    this.loopWatch.came(session);
  }

  get namesClients(): boolean {
    return this.#namesClients();
  }

  left(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.budget.open -= 1;
    if (this.#sessions.size === 0) this.#whenEmpty?.();
  }

  refused(reason: RefusalReason, client: string): void {
    const limit = this.#limits()[reason];
    this.observer({ type: 'client-refused', gateway: this.gateway, reason, client, limit });
  }

  #limits(): Readonly<Partial<Record<RefusalReason, number>>> {
    return { 'max-sessions': this.pool.settings.maxSessions, 'fd-limit': this.budget.limit };
  }

  sessions(): Iterable<Session> {
    return this.#sessions;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** How it is, at least one portion; only the first counts those that are dialing. */
  *viewParts(): Generator<GatewayView> {
    let dialing = 0;
    for (const session of this.#sessions) if (session.isDialing) dialing += 1;
    const upstreams = this.pool.upstreams();
    let first = 0;
    do {
      yield {
        name: this.gateway,
        listeners: this.#listen.map(formatAddress),
        upstreams: upstreams.slice(first, first + viewedAtOnce).map((upstream) => upstream.view()),
        checksImpossible: this.pool.checksImpossible,
        dialing,
      };
      first += viewedAtOnce;
      dialing = 0;
    } while (first < upstreams.length);
  }

  /**
   * Its entry has left the file: sessions go on, new ones do not come. Returns how many there are;
   * calls back once, when the last one has ended.
   */
  drain(whenEmpty: () => void): number {
    this.loopWatch.letIn(); // while there is somebody to go to
    const draining = this.pool.apply([], this.pool.settings);
    if (this.#sessions.size === 0) whenEmpty();
    else this.#whenEmpty = whenEmpty;
    return draining;
  }

  closeSessions(end: SessionEnd): void {
    for (const session of [...this.#sessions]) session.close(end);
  }

  destroy(): void {
    this.#whenEmpty = undefined;
    this.closeSessions('shutdown');
    this.#sweep.destroy();
    this.firstBytes.destroy();
    this.loopWatch.destroy();
    this.pool.destroy();
  }

  /** All that wait for an answer from it go round in the loop. */
  #breakLoop(upstream: Upstream): void {
    this.pool.eject(upstream, { cause: 'loop', reason: leadsBack.reason });
    for (const session of [...this.#sessions]) {
      if (session.isUnanswered && session.upstream === upstream) session.close('loop');
    }
  }

  #refusal(client: Side, host: string | undefined): RefusalReason | undefined {
    if (this.loops.isOwnDial(client)) return 'loop';
    if (!this.#guard.isOpen && !this.#guard.admits(host)) return 'denied';
    const { maxSessions } = this.pool.settings;
    if (maxSessions > 0 && this.#sessions.size >= maxSessions) return 'max-sessions';
    return this.budget.isFull ? 'fd-limit' : undefined;
  }
}
