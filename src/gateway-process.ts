import type { DataPathClient } from './data-path/client.js';
import type { GatewayHealth, Opened, Summary } from './data-path/messages.js';
import type { HostResolver } from './dns/host-addresses.js';
import { fileProblems } from './etcd/config-files.js';
import { formatAddress } from './model/address.js';
import type { Config } from './model/config.js';
import type { DesiredGateway } from './model/desired-state.js';
import { endpointKey, type Endpoint } from './model/endpoint.js';
import { GatewayError } from './model/errors.js';
import type { Observer } from './model/events.js';
import type { Preview, Verdict } from './model/plan.js';
import type { Clock, Random, Timer } from './model/ports.js';
import type { LoadAssets } from './observe/admin/routes.js';
import type { AdminServers } from './observe/admin/servers.js';
import type { About, Drained, Readiness } from './observe/backend.js';
import type { Log } from './observe/log/log.js';
import type { LogObserver } from './observe/log/observer.js';
import type { DeferredMetrics } from './observe/metrics/deferred.js';
import type { ServiceManager } from './observe/service-manager.js';
import type { HandDrains } from './reconcile/hand-drains.js';
import type { Reconciler } from './reconcile/reconciler.js';
import type { DiscoverySet } from './sources/discoveries.js';
import type { FileSource } from './sources/file.js';
import type { FlagsSource } from './sources/flags.js';

/** Where the configuration comes from: a file that is followed, or flags. */
export type ConfigOrigin =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'flags'; readonly config: Config };

export interface GatewayOptions {
  readonly origin: ConfigOrigin;
  /** What a service manager has set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly monotonicUsec: () => bigint;
  readonly about: About;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /** Called with an error that has ended the data path: the program has to end. */
  readonly defect: (error: Error) => void;
  /** Has something called when the process ends, in whatever way. */
  readonly atExit: (callback: () => void) => void;
}

/** All that the composition root has made. */
export interface Parts {
  readonly options: GatewayOptions;
  readonly observer: Observer;
  readonly logObserver: LogObserver;
  readonly config: FileSource | FlagsSource;
  readonly hosts: HostResolver;
  readonly discoveries: DiscoverySet;
  readonly dataPath: DataPathClient;
  readonly sockets: Opened['sockets'];
  readonly metrics: DeferredMetrics;
  readonly admin: AdminServers;
  readonly reconciler: Reconciler;
  readonly drains: HandDrains;
  readonly manager: ServiceManager;
  readonly loadAssets: LoadAssets;
}

/** However long `dns.timeout` is: whoever waits for the gateway waits no longer for its first answers. */
const longestFirstMs = 2_000;

/** How often a shutdown looks whether the last session has ended. */
const drainPollMs = 20;

const noSystemCalls =
  'this system, or the permission model of Node, does not allow plain system calls (docs/decisions/data-path.md)';

/** The running program: `start`, then any number of `reload`s, then `drain`, then `close`. */
export class GatewayProcess {
  readonly parts: Parts;
  #phase: 'starting' | 'listening' | 'ready' | 'stopping' = 'starting';
  #firstLimit: Timer | undefined;
  #drainPoll: Timer | undefined;
  /** Of a shutdown: the sessions of the latest look, and when they are closed. */
  #draining: { readonly sessions: number; readonly endMs: number } | undefined;
  /** The first configuration was rejected: that has been told, and nothing has run that could stop. */
  #neverRan = false;
  /** The configuration whose files were last looked at. */
  #lookedAt: Config | undefined;
  /** Why those that everybody may write were told of last. */
  #openFiles = '';
  #looking: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * Applies the first configuration. If that is rejected nothing runs; if it is applied, discoveries
   * and host names get a moment for their first answers before the gateway calls itself ready.
   */
  async start(): Promise<Verdict> {
    const { reconciler } = this.parts;
    const verdict = await reconciler.request('start');
    this.#neverRan = verdict.outcome === 'rejected';
    if (this.#neverRan || this.#isStopping()) return verdict;
    this.#phase = 'listening';
    await this.#firstAnswers();
    await this.parts.dataPath.look(); // what it says of itself goes by that
    if (this.#isStopping()) return verdict;
    this.#phase = 'ready';
    this.#sayReady();
    if (this.parts.sockets === 'portable') this.#sayPortable();
    await Promise.all([this.parts.metrics.load(), this.parts.loadAssets()]);
    return verdict;
  }

  #sayPortable(): void {
    const { log, about } = this.parts.options;
    const fields = { reason: noSystemCalls, node: about.node };
    log.info('sessions take more CPU than they need', fields);
  }

  /** Reads the configuration and tells what a reload would change. Changes nothing. */
  async dryRun(): Promise<Preview> {
    const { config, reconciler } = this.parts;
    return reconciler.preview(await config.peek());
  }

  /**
   * Reads the configuration and asks the discoveries again; the verdict is on the configuration.
   * During a shutdown it is rejected. The service manager hears of it only between `start` and `drain`.
   */
  async reload(trigger: string): Promise<Verdict> {
    const { config, discoveries, hosts, dataPath, admin, reconciler, manager } = this.parts;
    const isTold = this.#phase === 'ready';
    if (isTold) manager.reloading();
    if (!this.#isStopping()) {
      await Promise.all([config.refresh(), dataPath.bindLost(), admin.bindLost()]);
    }
    const verdict = await reconciler.request(trigger, { asked: true });
    if (this.#isStopping()) return verdict;
    if (isTold) manager.ready();
    discoveries.refresh();
    hosts.refresh();
    const [files] = await Promise.all([this.#lookAtFiles(), admin.checkToken(), dataPath.look()]);
    const lost = dataPath.mirror.lostListeners.map((reason) => `a listener is lost: ${reason}`);
    const drained = this.parts.drains
      .names()
      .map((name) => `${name} is drained by hand: etcd-gateway undrain ${name}`);
    const warnings = [...lost, ...drained, ...files];
    return warnings.length === 0 ? verdict : { ...verdict, warnings };
  }

  /** See `AdminBackend`. */
  async setDrain(gateway: string, endpoint: string, isDrained: boolean): Promise<Drained> {
    const { drains, reconciler, dataPath, observer } = this.parts;
    const before = this.#endpointOf(gateway, endpoint);
    if (!isDrained && before.drain && !before.byHand) {
      throw refused(`the configuration drains ${gateway}/${endpoint}: change it there`);
    }
    drains.set(gateway, endpoint, isDrained);
    const verdict = await reconciler.request(isDrained ? 'drain' : 'undrain');
    if (this.#endpointOf(gateway, endpoint).drain !== isDrained) {
      drains.set(gateway, endpoint, !isDrained);
      const why = verdict.outcome === 'rejected' ? verdict.reason : 'it is drained otherwise';
      throw refused(`${gateway}/${endpoint} stays as it is: ${why}`);
    }
    if (before.drain !== isDrained) {
      const message = isDrained ? 'endpoint drained by hand' : 'endpoint no longer drained by hand';
      observer({ type: 'notice', level: 'info', message, fields: { gateway, endpoint } });
    }
    await dataPath.look();
    const view = dataPath.mirror.views.find(({ name }) => name === gateway);
    const its = view?.upstreams.filter((upstream) => upstream.endpoint === endpoint) ?? [];
    const sessions = its.reduce((sum, upstream) => sum + upstream.sessions, 0);
    return { gateway, endpoint, draining: isDrained, sessions };
  }

  #endpointOf(gateway: string, endpoint: string): Endpoint {
    const gateways = this.parts.reconciler.current?.gateways;
    const endpoints = gateways?.get(gateway)?.endpoints;
    if (!endpoints) {
      throw unknown(`there is no gateway ${gateway}`, [...(gateways?.keys() ?? [])]);
    }
    const found = endpoints.find((one) => endpointKey(one) === endpoint);
    if (!found) {
      throw unknown(`gateway ${gateway} has no endpoint ${endpoint}`, endpoints.map(endpointKey));
    }
    return found;
  }

  /** Looks at the files that another configuration names. */
  readonly observe: Observer = (event) => {
    if (event.type !== 'reconciled' || event.verdict.outcome !== 'applied') return;
    if (this.parts.reconciler.accepted?.config !== this.#lookedAt) {
      this.#looking = this.#lookAtFiles();
    }
  };

  /**
   * What is wrong with the files that the configuration names, for who has asked. The log is told of those
   * that everybody may write, when that changes; of others, by those who use them.
   */
  async #lookAtFiles(): Promise<readonly string[]> {
    const config = this.parts.reconciler.accepted?.config;
    this.#lookedAt = config;
    const problems = config ? await fileProblems(config) : [];
    const reasons = problems.flatMap(({ kind, reason }) => (kind === 'open' ? [reason] : []));
    if (reasons.length > 0 && reasons.join() !== this.#openFiles) {
      const message = 'everybody may write a file that the configuration names';
      this.parts.observer({ type: 'notice', level: 'warn', message, fields: { reasons } });
    }
    this.#openFiles = reasons.join();
    return problems.map(({ path, reason }) => `${path.join('.')}: ${reason}`);
  }

  /**
   * Ready: every listener is bound, and each gateway believes one of its upstreams alive. As of the
   * data path's latest look.
   */
  readiness(): Readiness {
    return this.#readiness(this.parts.dataPath.mirror);
  }

  /** The same of one gateway; undefined: there is none of that name. */
  readinessOf(name: string): Readiness | undefined {
    const gateway = this.parts.reconciler.current?.gateways.get(name);
    if (!gateway) return undefined;
    const { lostListeners, gateways } = this.parts.dataPath.mirror;
    const others = [...(this.parts.reconciler.current?.gateways.values() ?? [])].filter(
      (other) => other !== gateway,
    );
    const isOfIt = (reason: string): boolean =>
      isNamedIn(reason, gateway) || !others.some((other) => isNamedIn(reason, other));
    return this.#readiness({
      lostListeners: lostListeners.filter(isOfIt),
      gateways: gateways.filter((health) => health.name === name),
    });
  }

  #readiness({ lostListeners, gateways }: Summary): Readiness {
    const reasons: string[] = [];
    if (this.#isStopping()) reasons.push(this.#howItStops());
    else if (!this.#isListening) reasons.push('no listener is bound');
    for (const reason of lostListeners) reasons.push(`a listener is lost: ${reason}`);
    for (const health of gateways) {
      if (!health.hasHealthy) reasons.push(`gateway ${health.name}: ${this.#whyDown(health)}`);
    }
    return { ready: reasons.length === 0, reasons };
  }

  /** Takes no new clients; resolves when the last session has ended or its time is over. */
  async drain(signal: string): Promise<void> {
    const { dataPath, reconciler, options, observer, manager } = this.parts;
    this.#phase = 'stopping';
    const limitMs = reconciler.current?.process.shutdown.drainTimeoutMs ?? 0;
    manager.stopping(limitMs);
    await reconciler.close(); // a run would open the listeners again
    await dataPath.closeListeners();
    let sessions = await dataPath.sessionCount();
    const fields = { signal, sessions, drainTimeoutMs: limitMs };
    observer({ type: 'notice', level: 'info', message: 'shutting down', fields });
    const endMs = options.clock.nowMs() + limitMs;
    while (options.clock.nowMs() < endMs && sessions > 0) {
      this.#draining = { sessions, endMs };
      await this.#pollDrain();
      sessions = await dataPath.sessionCount();
    }
    this.#draining = { sessions, endMs };
  }

  /** Ends what is left and closes everything; the log goes last. Idempotent. */
  async close(): Promise<void> {
    const { config, discoveries, hosts, dataPath, admin, metrics, reconciler } = this.parts;
    this.#firstLimit?.cancel();
    this.#drainPoll?.cancel();
    const closed = await dataPath.close();
    await Promise.all([config.close(), reconciler.close(), discoveries.close(), hosts.close()]);
    await Promise.all([admin.close(), this.parts.manager.close(), this.#looking]);
    metrics.close();
    this.parts.logObserver.close();
    if (!this.#neverRan) this.parts.options.log.info('stopped', { sessionsClosed: closed });
    await this.parts.options.log.close();
  }

  async #firstAnswers(): Promise<void> {
    const { discoveries, hosts, reconciler } = this.parts;
    const limitMs = Math.min(longestFirstMs, reconciler.current?.process.dns.timeoutMs ?? 0);
    const answered = async () => {
      await discoveries.settled();
      await reconciler.request('first answers');
      await hosts.settled();
    };
    const limit = new Promise<void>((resolve) => {
      this.#firstLimit = this.parts.options.clock.setTimer(limitMs, resolve);
    });
    await Promise.race([answered(), limit]);
    this.#firstLimit?.cancel();
  }

  /** etcd's own tests wait for the text of this line. */
  #sayReady(): void {
    const { observer, reconciler, manager } = this.parts;
    const gateways = [...(reconciler.current?.gateways.values() ?? [])];
    const endpoints = gateways.flatMap((gateway) => gateway.endpoints.map(endpointKey));
    const fields = { gateways: gateways.map(({ name }) => name), endpoints };
    const message = 'ready to proxy client requests';
    observer({ type: 'notice', level: 'info', message, fields });
    manager.ready();
    const { ready, reasons } = this.readiness();
    if (ready) return;
    const text = 'not ready: clients are refused until this is over';
    observer({ type: 'notice', level: 'warn', message: text, fields: { reasons } });
  }

  #whyDown({ name, whyDown }: GatewayHealth): string {
    const statuses = this.parts.discoveries.statuses();
    const source = statuses.find(({ gateway, error }) => gateway === name && error !== undefined);
    const failure = source ? [`${source.kind} discovery: ${source.error}`] : [];
    const reasons = [...failure, whyDown].filter((reason) => reason !== '');
    return reasons.length === 0 ? 'it has no endpoints' : reasons.join('; ');
  }

  /** `shutting down: 6 sessions, 27 s left`. */
  #howItStops(): string {
    if (!this.#draining) return 'shutting down';
    const { sessions, endMs } = this.#draining;
    const leftMs = Math.max(0, endMs - this.parts.options.clock.nowMs());
    const count = `${sessions} ${sessions === 1 ? 'session' : 'sessions'}`;
    return `shutting down: ${count}, ${Math.ceil(leftMs / 1_000)} s left`;
  }

  #pollDrain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drainPoll = this.parts.options.clock.setTimer(drainPollMs, resolve);
    });
  }

  get #isListening(): boolean {
    return this.#phase === 'listening' || this.#phase === 'ready';
  }

  /** Asked after each wait: a shutdown can begin at any time. */
  #isStopping(): boolean {
    return this.#phase === 'stopping';
  }
}

const mostNamed = 5;

function unknown(what: string, names: readonly string[]): GatewayError {
  const more = names.length > mostNamed ? ', …' : '';
  const hint =
    names.length === 0 ? '' : ` (there are ${names.slice(0, mostNamed).join(', ')}${more})`;
  return new GatewayError(`${what}${hint}`, { code: 'ENOENT', side: 'config' });
}

function refused(what: string): GatewayError {
  return new GatewayError(what, { code: 'EREFUSED', side: 'config' });
}

/** Whether the reason why a listener is lost names one of the gateway's addresses. */
function isNamedIn(reason: string, { listen }: DesiredGateway): boolean {
  return listen.some((address) => {
    const name = address.kind === 'unix' ? address.path : formatAddress(address);
    const [, ...rests] = reason.split(name);
    return rests.some((rest) => !/^[\w.-]/.test(rest));
  });
}
