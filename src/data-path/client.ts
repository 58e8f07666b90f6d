import type { Address } from '../model/address.js';
import type { DesiredState } from '../model/desired-state.js';
import type { Observer } from '../model/events.js';
import type { Plan } from '../model/plan.js';
import type { Applier, HostAddresses, Prepared } from '../model/ports.js';
import { Shared } from '../model/shared.js';
import {
  joinViews,
  type GatewayView,
  type SessionFilter,
  type SessionView,
} from '../model/views.js';
import type { Obstacle, Probe } from '../pool/probe.js';
import type { RetryAttempt } from '../pool/retry.js';
import type { LoopGuard } from '../proxy/loop-guard.js';
import { Channel } from './channel.js';
import { HostTracks } from './host-tracks.js';
import type { DataPathMethods, MainMethods, Opened, OpenOptions, Summary } from './messages.js';
import type { DataPathThread } from './start-thread.js';

export interface DataPathDeps {
  readonly observer: Observer;
  readonly hosts: HostAddresses;
  readonly probe: Probe;
  readonly obstacle: Obstacle;
  readonly retry: RetryAttempt;
  /** See `MainMethods`. */
  readonly dialed: MainMethods['dialed'];
  /** Knows this process's front addresses for those who dial on the main thread. */
  readonly loops: LoopGuard;
}

/** What runs, as the data path told it at the latest look. */
export interface Mirror extends Summary {
  readonly views: readonly GatewayView[];
}

/** The data path as the main thread sees it. */
export class DataPathClient implements Applier {
  readonly #thread: DataPathThread;
  readonly #channel: Channel<MainMethods, DataPathMethods>;
  readonly #hosts: HostTracks;
  readonly #taken = new SharedArrayBuffer(4);
  readonly #look = new Shared(() => this.#lookNow());
  /** What the look under way has told so far. */
  #parts: GatewayView[] = [];
  /** Of sessions, by the number of their request. */
  readonly #lists = new Map<number, SessionView[]>();
  #requests = 0;
  #closing: Promise<number> | undefined;
  #mirror: Mirror = { views: [], lostListeners: [], gateways: [] };

  constructor(thread: DataPathThread, deps: DataPathDeps) {
    const { observer, hosts, probe, obstacle, retry, loops, dialed } = deps;
    this.#thread = thread;
    const taken = new Int32Array(this.#taken);
    this.#channel = new Channel<MainMethods, DataPathMethods>(thread.port, setImmediate, {
      event: (event) => {
        Atomics.add(taken, 0, 1);
        observer(event);
      },
      dialed,
      sessions: (request, some) => void this.#lists.get(request)?.push(...some),
      view: (part) => void this.#parts.push(part),
      probe,
      obstacle,
      retry,
      listenersChanged: (listeners) => loops.listenersChanged(listeners),
      track: (id, host, endpoint) => this.#hosts.track(id, host, endpoint),
      untrack: (id) => this.#hosts.untrack(id),
    });
    this.#hosts = new HostTracks(hosts, (id, state) => this.#channel.tell('resolved', id, state));
  }

  /** Resolves once the thread runs. */
  ready(): Promise<void> {
    return this.#channel.call('ready', []);
  }

  /** @throws GatewayError where a passed socket is none to listen on. */
  open(options: Omit<OpenOptions, 'taken'>): Promise<Opened> {
    return this.#channel.call('open', [{ ...options, taken: this.#taken }]);
  }

  async prepare(_plan: Plan, desired: DesiredState): Promise<Prepared> {
    await this.#channel.call('prepare', [desired]);
    const commit = (): Promise<number> => this.#channel.call('commit', []);
    return { commit, rollback: () => this.#channel.call('rollback', []) };
  }

  /** As of the latest `look`. */
  get mirror(): Mirror {
    return this.#mirror;
  }

  /** Brings the mirror up to date: it is of a moment after this call. */
  async look(): Promise<void> {
    await this.#look.get();
  }

  sessionCount(): Promise<number> {
    return this.#channel.call('sessionCount', []);
  }

  /** Where the admin server listens: nothing dials it. */
  adminChanged(addresses: readonly Address[]): void {
    this.#channel.tell('adminChanged', addresses);
  }

  /** Tries listeners whose address or file was lost, at once. */
  bindLost(): Promise<void> {
    return this.#channel.call('bindLost', []);
  }

  /** Those that fit, in the order in which they came. */
  async sessions(filter: SessionFilter): Promise<readonly SessionView[]> {
    const request = ++this.#requests;
    const list: SessionView[] = [];
    this.#lists.set(request, list);
    try {
      await this.#channel.call('listSessions', [request, filter]);
      return list;
    } finally {
      this.#lists.delete(request);
    }
  }

  /** Closes those that fit, paced; resolves with how many they are. */
  closeSessions(filter: SessionFilter): Promise<number> {
    return this.#channel.call('closeSessions', [filter]);
  }

  /** No new clients; sessions go on. */
  closeListeners(): Promise<void> {
    return this.#channel.call('closeListeners', []);
  }

  /** Ends all sessions and the thread; resolves with how many there were. Idempotent. */
  close(): Promise<number> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<number> {
    const sessions = await this.#channel.call('close', []);
    this.#hosts.close();
    await this.#thread.ended;
    return sessions;
  }

  async #lookNow(): Promise<void> {
    this.#parts = [];
    const summary = await this.#channel.call('look', []);
    this.#mirror = { ...summary, views: joinViews(this.#parts) };
  }
}
