import type { IncomingMessage, ServerResponse } from 'node:http';

import { formatAddress, listenersCollide, type Address } from '../../model/address.js';
import type { AdminSettings } from '../../model/config.js';
import type { DesiredState } from '../../model/desired-state.js';
import { errorCode, errorMessage, GatewayError } from '../../model/errors.js';
import type { Observer } from '../../model/events.js';
import type { Plan } from '../../model/plan.js';
import type { Applier, Clock, Prepared, Timer } from '../../model/ports.js';
import { isLocal } from './guard.js';
import { AdminListener, listenAdmin } from './listen.js';
import { AdminRoutes, type LoadAssets, type MetricsText } from './routes.js';
import type { About, AdminBackend } from '../backend.js';
import { EventFeed } from './event-feed.js';
import { EventStreams } from './event-streams.js';
import { sampleGateway, type Sample } from './sample.js';

export interface AdminServerOptions {
  readonly backend: AdminBackend;
  readonly about: About;
  readonly metrics: MetricsText;
  /** The status page's files. */
  readonly loadAssets: LoadAssets;
  readonly clock: Clock;
  /** At a time. */
  readonly mostConnections: number;
  /** Called with where it listens whenever that has changed. */
  readonly listensAt: (addresses: readonly Address[]) => void;
  /** Takes the server's own notices. */
  readonly observer: Observer;
}

const retryMs = 1_000;
/** The default address: nobody has asked for it, so there is no hurry. */
const defaultRetryMs = 2_000;

/** The default address that cannot be had, and why. */
interface Without {
  readonly address: string;
  readonly reason: string;
}

const off: AdminSettings = { listen: undefined, explicit: false, tokenFile: undefined };

/**
 * What a person or a tool sees of the process over HTTP. It takes part in a reload: a new address
 * is bound before the old one is left. It must be fed all events through `observe`.
 */
export class AdminServer implements Applier {
  readonly observe: Observer;
  readonly #options: AdminServerOptions;
  readonly #streams: EventStreams;
  readonly #routes: AdminRoutes;
  /** What `close` waits for. */
  readonly #ending = new Set<Promise<void>>();
  #settings = off;
  #listener: AdminListener | undefined;
  /** While the listener is lost: when to bind it again. */
  #again: Timer | undefined;
  /** While there is none at the default address. */
  #without: Without | undefined;
  #tryDefault: Timer | undefined;
  #trying: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: AdminServerOptions) {
    const feed = new EventFeed(options.clock);
    this.observe = feed.observe;
    this.#options = options;
    this.#streams = new EventStreams({ feed, clock: options.clock, sample: () => this.#sample() });
    this.#routes = new AdminRoutes({ ...options, streams: this.#streams });
  }

  /** Where it should listen; undefined: nowhere. */
  get wanted(): Address | undefined {
    return this.#settings.listen;
  }

  /** Where it listens; undefined: nowhere, as it is off, lost, or the default address was busy. */
  get address(): string | undefined {
    return this.#listener && !this.#again ? formatAddress(this.#listener.address) : undefined;
  }

  /**
   * To be prepared before the gateways' listeners are: leaves an address that one of them gets. Then nobody
   * listens there for a moment.
   */
  readonly givingWay: Applier = {
    prepare: (_plan, desired) => {
      const current = this.#listener;
      const isKept = isSame(current?.address, desired.process.admin.listen);
      const isLeft = current !== undefined && !isKept && isInTheWay(current.address, desired);
      if (isLeft) this.#retire(current);
      return Promise.resolve({ commit: () => 0, rollback: () => this.#undo(undefined, isLeft) });
    },
  };

  /**
   * An address that a gateway leaves by the same plan is still bound, and thus refused: such a move takes two
   * reloads.
   *
   * An address that collides with the one in use, as `:23791` with `127.0.0.1:23791`, can only be
   * bound once that one is left: then nobody listens for a moment.
   */
  async prepare(_plan: Plan, desired: DesiredState): Promise<Prepared> {
    const settings = desired.process.admin;
    refuseOpenDoor(settings);
    await this.#pauseDefault();
    const current = this.#listener;
    if (isSame(current?.address, settings.listen)) return this.#prepared(settings, current);
    let isRetired = false;
    const listen = async (address: Address): Promise<AdminListener> => {
      try {
        return await this.#listen(address);
      } catch (error) {
        const isInTheWay = current && listenersCollide(current.address, address);
        if (!isInTheWay || errorCode(error) !== 'EADDRINUSE') throw error;
        isRetired = true;
        this.#retire(current);
        return this.#listen(address);
      }
    };
    try {
      const next = await this.#bind(settings, listen);
      if (!next || next instanceof AdminListener) {
        return this.#prepared(settings, next, () => this.#undo(next, isRetired));
      }
      return this.#prepared(settings, undefined, () => this.#undo(undefined, isRetired), next);
    } catch (error) {
      await this.#undo(undefined, isRetired);
      this.#resumeDefault();
      throw error;
    }
  }

  /** Looks whether its socket's file is gone, and binds it again at once. Never rejects. */
  async bindLost(): Promise<void> {
    const listener = this.#listener;
    const reason = listener?.whyLost;
    if (listener && (this.#again || reason !== undefined)) await this.#lose(listener, reason);
  }

  /** Tells what is wrong with the token file, if that is news: otherwise only requests find out. Never rejects. */
  async checkToken(): Promise<void> {
    await this.#routes.readToken(this.#settings.tokenFile);
  }

  /** Frees the address, ends the event streams and waits for requests under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pauseDefault();
    this.#leave();
    await Promise.all(this.#ending);
  }

  #prepared(
    settings: AdminSettings,
    next: AdminListener | undefined,
    undo: () => Promise<void> = () => Promise.resolve(),
    without = settings.taken && {
      address: settings.taken.address,
      reason: `${settings.taken.by} has it`,
    },
  ): Prepared {
    const commit = (): number => {
      this.#settings = settings;
      this.#finish(this.checkToken());
      if (next !== this.#listener) this.#move(next);
      this.#doWithout(without);
      return 0;
    };
    const rollback = async (): Promise<void> => {
      await undo();
      this.#resumeDefault();
    };
    return { commit, rollback };
  }

  /** Undefined: nothing is missing. Told when it begins. */
  #doWithout(without: Without | undefined): void {
    const isNews = without !== undefined && without.reason !== this.#without?.reason;
    if (isNews) this.#notify('warn', 'running without admin server', { ...without });
    this.#without = without;
    this.#resumeDefault();
  }

  /** The default address may become free. */
  #resumeDefault(): void {
    const { listen } = this.#settings;
    if (this.#without === undefined || !listen || this.#tryDefault) return;
    this.#tryDefault = this.#options.clock.setTimer(defaultRetryMs, () => {
      this.#tryDefault = undefined;
      this.#trying = this.#listenAtDefault(listen);
    });
  }

  /** A plan may want the same address. */
  async #pauseDefault(): Promise<void> {
    this.#tryDefault?.cancel();
    this.#tryDefault = undefined;
    await this.#trying;
  }

  async #listenAtDefault(address: Address): Promise<void> {
    const next = await this.#listen(address).catch(() => undefined);
    if (next && !this.#isClosed) {
      this.#without = undefined;
      this.#move(next);
    } else if (next) this.#retire(next);
    else this.#resumeDefault();
  }

  #move(next: AdminListener | undefined): void {
    this.#leave();
    this.#listener = next;
    this.#options.listensAt(next?.addresses ?? []);
    if (!next) return;
    this.#keep(next);
    this.#notify('info', 'admin server listening', { address: this.address });
  }

  #keep(listener: AdminListener): void {
    listener.keep((reason) => void this.#lose(listener, reason));
  }

  /** It is told of once, and its address is bound again every second until that works. */
  async #lose(lost: AdminListener, reason: string | undefined): Promise<void> {
    if (!this.#again) {
      const message = 'the admin server is lost, its address is tried again every second';
      this.#notify('error', message, { address: formatAddress(lost.address), reason });
    }
    this.#again?.cancel();
    this.#again = this.#options.clock.setTimer(retryMs, () => void this.#lose(lost, reason));
    const next = await this.#listen(lost.address).catch(() => undefined);
    if (!next) return;
    if (this.#listener !== lost) {
      this.#retire(next); // another one has taken over meanwhile
      return;
    }
    this.#found();
    this.#retire(lost);
    this.#listener = next;
    this.#keep(next);
    this.#notify('info', 'the admin server is back', { address: this.address });
  }

  #found(): void {
    this.#again?.cancel();
    this.#again = undefined;
  }

  #leave(): void {
    this.#found();
    this.#streams.close();
    if (this.#listener) this.#retire(this.#listener);
    this.#listener = undefined;
  }

  #retire(listener: AdminListener): void {
    this.#finish(listener.close().catch((error: unknown) => this.#warn(error)));
  }

  /** `done` never rejects. */
  #finish(done: Promise<void>): void {
    this.#ending.add(done);
    void done.then(() => this.#ending.delete(done));
  }

  /** Undefined: it is off. */
  async #bind(
    settings: AdminSettings,
    listen: (address: Address) => Promise<AdminListener>,
  ): Promise<AdminListener | Without | undefined> {
    if (!settings.listen) return undefined;
    try {
      return await listen(settings.listen);
    } catch (error) {
      if (settings.explicit) throw error;
      return { address: formatAddress(settings.listen), reason: errorMessage(error) };
    }
  }

  #listen(address: Address): Promise<AdminListener> {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#routes.handle(request, response, {
        address,
        tokenFile: this.#settings.tokenFile,
      });
    };
    const failed = (error: Error): void => this.#warn(error);
    const { clock, mostConnections } = this.#options;
    return listenAdmin(address, { handle, failed, clock, mostConnections });
  }

  async #undo(next: AdminListener | undefined, isRetired: boolean): Promise<void> {
    if (next) this.#retire(next);
    const lost = this.#listener;
    if (!isRetired || !lost) return;
    try {
      this.#listener = await this.#listen(lost.address);
    } catch (error) {
      await this.#lose(lost, errorMessage(error));
    }
  }

  async #sample(): Promise<Sample> {
    const { backend, clock } = this.#options;
    await backend.look();
    const { ready } = backend.readiness();
    return { atMs: clock.wallMs(), ready, gateways: backend.gateways().map(sampleGateway) };
  }

  #warn(error: unknown): void {
    const fields = { address: this.address, reason: errorMessage(error) };
    this.#notify('warn', 'admin server failed for a moment, it goes on', fields);
  }

  #notify(
    level: 'error' | 'warn' | 'info',
    message: string,
    fields: Record<string, unknown>,
  ): void {
    this.#options.observer({ type: 'notice', level, message, fields });
  }
}

function isSame(a: Address | undefined, b: Address | undefined): boolean {
  return a !== undefined && b !== undefined && formatAddress(a) === formatAddress(b);
}

function isInTheWay(address: Address, { gateways }: DesiredState): boolean {
  return [...gateways.values()].some(({ listen }) =>
    listen.some((other) => listenersCollide(address, other)),
  );
}

/** @throws GatewayError for an address that other machines reach, without a token to ask them for. */
function refuseOpenDoor({ listen, tokenFile }: AdminSettings): void {
  if (listen === undefined || isLocal(listen) || tokenFile !== undefined) return;
  throw new GatewayError(
    `admin.listen-addr ${formatAddress(listen)} is open to other machines: set admin.token-file too`,
    { code: 'ENOTOKEN', side: 'config' },
  );
}
