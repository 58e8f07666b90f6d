import type { SessionEnd } from '../../src/model/events.js';
import type { Clock, Timer } from '../../src/model/ports.js';
import type { Side } from '../../src/model/side.js';
import { Dialing, type DialDeps, type Dialer } from '../../src/pool/dialing.js';
import type { WaitingSession } from '../../src/pool/first-byte-watch.js';
import type { Upstream } from '../../src/pool/upstream.js';
import type { Dice } from './dice.js';
import type { PoolGateway } from './live-pools.js';
import type { Member, MemberWorld } from './member-world.js';

/** What a client meets, for those who judge it. */
export interface ClientWatch {
  refused(client: Client): void;
  /** Somebody other than the client and its member has ended the session. */
  closed(session: ClientSession, end: SessionEnd): void;
}

export interface ClientDeps {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly members: MemberWorld;
  readonly watch: ClientWatch;
}

const dialDeps: Omit<DialDeps, 'gateway' | 'clock'> = {
  observer: () => undefined,
  isSelf: () => false,
  budget: { allowsDialBeside: true, dialsBeside: 0 },
};

/** One client, from its coming to its end; the dialing is the real one. */
export class Client implements Dialer {
  readonly gateway: PoolGateway;
  readonly startedMs: number;
  /** Members of the pool when it came. */
  readonly offered: readonly Upstream[];
  readonly #deps: ClientDeps;
  readonly #dialing: Dialing;
  readonly #lastsMs: number;
  readonly #ended: (session: ClientSession, end: SessionEnd) => void;

  constructor(
    gateway: PoolGateway,
    deps: ClientDeps,
    lastsMs: number,
    ended: (session: ClientSession, end: SessionEnd) => void = () => undefined,
  ) {
    this.gateway = gateway;
    this.startedMs = deps.clock.nowMs();
    this.offered = gateway.pool.upstreams();
    this.#deps = deps;
    this.#lastsMs = lastsMs;
    this.#ended = ended;
    const { clock } = deps;
    this.#dialing = new Dialing(gateway.pool, this, { ...dialDeps, gateway: gateway.name, clock });
  }

  start(): void {
    this.#dialing.start();
  }

  readonly connect: Dialer['connect'] = (address, dialer) =>
    this.#deps.members.dial(address, dialer);

  dialed(upstream: Upstream, side: Side): void {
    side.destroy(); // bytes are not simulated
    const session = new ClientSession(this.gateway, upstream, this.#deps, this.#ended);
    session.start(this.#lastsMs);
  }

  dialFailed(): void {
    this.#deps.watch.refused(this);
  }
}

/** From a client's first bytes to the answer to them. */
const answerMs = 2;

/** A session whose client leaves after a time, and whose member may fail before that. */
export class ClientSession implements WaitingSession {
  readonly gateway: PoolGateway;
  readonly upstream: Upstream;
  readonly member: Member | undefined;
  readonly sentAtMs: number;
  quietSinceMs: number;
  readonly #deps: ClientDeps;
  readonly #done: (session: ClientSession, end: SessionEnd) => void;
  #timer: Timer | undefined;
  #first: Timer | undefined;
  #isOver = false;

  constructor(
    gateway: PoolGateway,
    upstream: Upstream,
    deps: ClientDeps,
    done: (session: ClientSession, end: SessionEnd) => void,
  ) {
    this.gateway = gateway;
    this.upstream = upstream;
    this.#deps = deps;
    this.#done = done;
    const { host } = hostOf(upstream);
    this.member = deps.members.all.find((one) => one.host === host);
    this.sentAtMs = this.quietSinceMs = deps.clock.nowMs();
  }

  start(lastsMs: number): void {
    this.upstream.sessions.add(this);
    this.upstream.counters.sessionsOpened += 1;
    this.#deps.members.open(this);
    this.gateway.firstBytes.sent(this);
    const { clock } = this.#deps;
    this.#first = clock.setTimer(answerMs, () => this.#answer());
    this.#timer = clock.setTimer(lastsMs, () => this.#end('done'));
  }

  /** The gateway ends it. */
  close(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#deps.watch.closed(this, end);
    this.#end(end);
  }

  /** Its member's machine says that the process is gone. */
  reset(): void {
    if (this.#isOver) return;
    this.#end('endpoint-reset');
    void this.gateway.pool.resetBy(this.upstream);
  }

  #answer(): void {
    if (!this.#isOver && this.member?.condition === 'up') this.gateway.firstBytes.answered(this);
  }

  #end(end: SessionEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#first?.cancel();
    this.#deps.members.left(this);
    this.gateway.firstBytes.left(this);
    this.upstream.sessions.delete(this);
    this.upstream.counters.closed(end);
    this.gateway.pool.left(this.upstream);
    this.#done(this, end);
  }
}

function hostOf({ endpoint: { address } }: Upstream): { readonly host: string } {
  return address.kind === 'tcp' ? address : { host: '' };
}
