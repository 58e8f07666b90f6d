import type { Address } from '../model/address.js';
import type { DesiredState } from '../model/desired-state.js';
import type { SessionFilter } from '../model/views.js';
import type { PreparedHere } from '../model/ports.js';
import type { Sides } from '../model/side.js';
import { createRetry } from '../pool/retry.js';
import { openPassedSockets } from '../proxy/inherited.js';
import { LiveGateways } from '../proxy/live-gateways.js';
import { LoopGuard } from '../proxy/loop-guard.js';
import { chosen, closePaced } from '../proxy/session-list.js';
import { pipeShare, sessionBudget } from '../proxy/session-budget.js';
import { Channel, type Port } from './channel.js';
import { EventOutbox } from './event-outbox.js';
import type {
  DataPathMethods,
  HostState,
  MainMethods,
  Opened,
  OpenOptions,
  Summary,
} from './messages.js';
import { RemoteHosts } from './remote-hosts.js';
import type { ThreadLoop } from './thread-loop.js';

/** Runs the data path for whoever is at the other end of the port. `end` is called after `close`. */
export function serveDataPath(port: Port, loop: ThreadLoop, end: () => void): void {
  new DataPath(port, loop, end);
}

/** To look at them and to send that takes about a millisecond. */
const sessionsAtOnce = 100;

interface Parts {
  readonly live: LiveGateways;
  readonly loops: LoopGuard;
  readonly outbox: EventOutbox;
  readonly sides: Sides;
}

/** The data path's end of the channel. It owns what it relays with, and decides nothing that the main thread can. */
class DataPath implements DataPathMethods {
  readonly #channel: Channel<DataPathMethods, MainMethods>;
  readonly #hosts: RemoteHosts;
  readonly #loop: ThreadLoop;
  readonly #end: () => void;
  #parts: Parts | undefined;
  #desired: DesiredState | undefined;
  #prepared: PreparedHere | undefined;

  constructor(port: Port, loop: ThreadLoop, end: () => void) {
    this.#loop = loop;
    this.#end = end;
    this.#channel = new Channel<DataPathMethods, MainMethods>(port, loop.soon, {
      ready: () => this.ready(),
      open: (options) => loop.attend(this.open(options)),
      prepare: (desired) => loop.attend(this.prepare(desired)),
      commit: () => this.commit(),
      rollback: () => loop.attend(this.rollback()),
      look: () => this.look(),
      sessionCount: () => this.sessionCount(),
      adminChanged: (addresses) => this.adminChanged(addresses),
      bindLost: () => loop.attend(this.bindLost()),
      listSessions: (request, filter) => this.listSessions(request, filter),
      closeSessions: (filter) => this.closeSessions(filter),
      closeListeners: () => this.closeListeners(),
      close: () => this.close(),
      resolved: (id, host) => this.resolved(id, host),
    });
    this.#hosts = new RemoteHosts(
      (id, host, tracked) => this.#channel.tell('track', id, host, tracked),
      (id) => this.#channel.tell('untrack', id),
    );
  }

  ready(): void {
    // deliberately empty: that it answers is the answer
  }

  async open({ passed, fdLimit, fdsInUse, taken }: OpenOptions): Promise<Opened> {
    const { clock } = this.#loop;
    const channel = this.#channel;
    const outbox = new EventOutbox(
      (event) => channel.tell('event', event),
      (gateway, durationsMs) => channel.tell('dialed', gateway, durationsMs),
      taken,
    );
    const observer = outbox.observe;
    const mostPipes = pipeShare(fdLimit);
    const sides = this.#loop.openSides(mostPipes);
    const listeners = await openPassedSockets(passed, { observer, sides });
    const loops = new LoopGuard(clock, (own) => channel.tell('listenersChanged', own));
    const live = new LiveGateways(
      {
        ...{ clock, observer, loops, sides, random: Math.random, hosts: this.#hosts },
        probe: (target, settings, signal) => channel.call('probe', [target, settings], signal),
        obstacle: (settings) => channel.call('obstacle', [settings]),
        retry: createRetry(
          (target, ejection, settings, signal) =>
            channel.call('retry', [target, ejection, settings], signal),
          (address) => loops.isSelf(address),
        ),
        budget: sessionBudget(fdLimit, fdsInUse + 2 * mostPipes),
        namesClients: () => outbox.isDebug,
      },
      listeners,
    );
    this.#parts = { live, loops, outbox, sides };
    return { sockets: sides.kind };
  }

  async prepare(desired: DesiredState): Promise<void> {
    this.#prepared = await this.#open.live.prepare(desired);
    this.#desired = desired;
  }

  commit(): number {
    const { outbox } = this.#open;
    const log = this.#desired?.process.log;
    outbox.isDebug = log?.level === 'debug' || log?.sessions === true;
    const prepared = this.#take();
    return prepared.commit();
  }

  rollback(): Promise<void> {
    return this.#take().rollback();
  }

  async look(): Promise<Summary> {
    const { live, outbox } = this.#open;
    outbox.flush();
    for (const part of live.viewParts()) {
      this.#channel.tell('view', part);
      await this.#loop.breathe();
    }
    return {
      lostListeners: live.lostListeners,
      gateways: live.gateways().map(({ gateway, pool }) => ({
        name: gateway,
        hasHealthy: pool.hasHealthy,
        whyDown: pool.whyDown,
      })),
    };
  }

  sessionCount(): number {
    return this.#open.live.sessionCount;
  }

  adminChanged(addresses: readonly Address[]): void {
    this.#open.loops.adminChanged(addresses);
  }

  bindLost(): Promise<void> {
    return this.#open.live.bindLost();
  }

  async listSessions(request: number, filter: SessionFilter): Promise<void> {
    const meant = chosen(this.#open.live.sessions(), filter);
    for (let first = 0; first < meant.length; first += sessionsAtOnce) {
      const some = meant.slice(first, first + sessionsAtOnce).map((session) => session.view());
      this.#channel.tell('sessions', request, some);
      await this.#loop.breathe();
    }
  }

  closeSessions(filter: SessionFilter): number {
    const meant = chosen(this.#open.live.sessions(), filter);
    closePaced(meant, this.#loop.clock);
    return meant.length;
  }

  closeListeners(): void {
    this.#open.live.closeListeners();
  }

  close(): number {
    const sessions = this.#parts?.live.sessionCount ?? 0;
    this.#parts?.live.destroy();
    void this.#endSoon();
    return sessions;
  }

  /** The answer to `close` goes out first. */
  async #endSoon(): Promise<void> {
    do await this.#loop.breathe();
    while (this.#channel.hasOutgoing);
    this.#parts?.sides.close();
    this.#loop.stop();
    this.#end();
  }

  resolved(id: number, host: HostState): void {
    this.#hosts.resolved(id, host);
  }

  get #open(): Parts {
    if (!this.#parts) throw new Error('the data path is used before it is open');
    return this.#parts;
  }

  #take(): PreparedHere {
    const prepared = this.#prepared;
    if (!prepared) throw new Error('nothing is prepared');
    this.#prepared = undefined;
    return prepared;
  }
}
