import {
  bindingsOf,
  formatAddress,
  isDispensable,
  type Address,
  type Binding,
} from '../model/address.js';
import type { DesiredGateway, DesiredState } from '../model/desired-state.js';
import { errorCode, errorMessage } from '../model/errors.js';
import type { PreparedHere } from '../model/ports.js';
import type { GatewayView } from '../model/views.js';
import { Gateway, type GatewayDeps } from './gateway.js';
import { PassedListeners } from './inherited.js';
import { Listener } from './listener.js';
import { LostListeners } from './lost-listeners.js';
import type { Session } from './session.js';

/**
 * What runs: all gateways and their listeners, changed by plans only.
 *
 * Listeners are matched by address over all gateways, so an address that moves to another gateway
 * is never closed. A gateway that leaves keeps its sessions until they end.
 */
export class LiveGateways {
  readonly #deps: GatewayDeps;
  readonly #gateways = new Map<string, Gateway>();
  readonly #leaving = new Set<Gateway>();
  readonly #listeners = new Map<string, Listener>();
  readonly #lost: LostListeners;
  readonly #passed: PassedListeners;
  /** By the latest plan. */
  #wanted: ReadonlyMap<string, Wanted> = new Map();

  constructor(deps: GatewayDeps, passed: readonly Listener[] = []) {
    this.#deps = deps;
    this.#passed = new PassedListeners(passed, deps);
    const back = (listener: Listener): void => {
      this.#add(listener);
      this.#route();
    };
    this.#lost = new LostListeners({ ...deps, back });
  }

  /**
   * Does everything that can fail and changes nothing that runs.
   * @throws GatewayError where an address cannot be bound; what was built is gone again by then.
   */
  async prepare(desired: DesiredState): Promise<PreparedHere> {
    const gateways = this.#prepareGateways(desired);
    await this.#lost.pause();
    const wanted = wantedListeners(desired);
    const bound: Listener[] = [];
    const suspended: Listener[] = [];
    const rollback = async () => {
      for (const listener of bound) listener.close();
      for (const listener of suspended) await this.#restore(listener);
      this.#lost.resume();
    };
    try {
      const blocked: Wanted[] = [];
      for (const [key, each] of wanted) {
        if (this.#isKnown(key, each.address)) continue;
        const listener = await this.#bind(each).catch((error: unknown) => {
          if (errorCode(error) !== 'EADDRINUSE' || !this.#blocking(each, wanted)[0]) throw error;
          blocked.push(each);
        });
        if (listener) bound.push(listener);
      }
      for (const each of blocked) {
        const blocking = this.#blocking(each, wanted).filter((old) => !suspended.includes(old));
        suspended.push(...blocking);
        for (const old of blocking) old.close();
        const listener = await this.#bind(each);
        if (listener) bound.push(listener);
      }
    } catch (error) {
      await rollback();
      throw error;
    }
    return { commit: () => this.#commit({ desired, wanted, gateways, bound }), rollback };
  }

  /** Undefined: the machine has no such address, and the gateway does without it. */
  async #bind(wanted: Wanted): Promise<Listener | undefined> {
    const listener = new Listener(wanted.address, wanted.gateway.settings, this.#deps);
    try {
      await listener.bind();
      return listener;
    } catch (error) {
      if (isDispensable(wanted, errorCode(error))) return undefined;
      throw error;
    }
  }

  /**
   * How all is, in portions: each is of one gateway and has some of its upstreams. A gateway that has
   * left can drain beside its successor, and is told of under the same name.
   */
  *viewParts(): Generator<GatewayView> {
    for (const gateway of this.#all()) yield* gateway.viewParts();
  }

  /** Looks for listeners whose socket's file is gone, and tries those that are lost at once. Never rejects. */
  async bindLost(): Promise<void> {
    for (const listener of this.#listeners.values()) {
      const reason = listener.whyLost;
      if (reason !== undefined) this.#lose(listener, reason);
    }
    await this.#lost.tryNow();
  }

  /** Why each address that should be bound is not: see LostListeners. */
  get lostListeners(): readonly string[] {
    return this.#lost.reasons;
  }

  /** All of them, those of gateways that have left included. */
  *sessions(): Iterable<Session> {
    for (const gateway of this.#all()) yield* gateway.sessions();
  }

  get sessionCount(): number {
    return this.#all().reduce((sum, gateway) => sum + gateway.sessionCount, 0);
  }

  gateways(): readonly Gateway[] {
    return [...this.#gateways.values()];
  }

  /** No new clients; sessions go on. */
  closeListeners(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#lost.clear();
  }

  /** Ends everything at once. Idempotent. */
  destroy(): void {
    this.closeListeners();
    for (const gateway of this.#all()) gateway.destroy();
    this.#gateways.clear();
    this.#leaving.clear();
  }

  #all(): readonly Gateway[] {
    return [...this.#gateways.values(), ...this.#leaving];
  }

  /** Beside what runs: what is not committed is simply forgotten. */
  #prepareGateways(desired: DesiredState): readonly PreparedGateway[] {
    return Array.from(desired.gateways.values(), (entry) => {
      const gateway = this.#gateways.get(entry.name) ?? new Gateway(entry, this.#deps);
      return { name: entry.name, gateway, commit: gateway.prepare(entry) };
    });
  }

  #commit({ desired, wanted, gateways, bound }: Change): number {
    this.#wanted = wanted;
    for (const listener of bound) this.#add(listener);
    this.#lost.keep((address) => wanted.has(address));
    this.#claimPassed();
    this.#tellOwn(); // before anything is dialed by the new settings
    let draining = 0;
    for (const { name, gateway, commit } of gateways) {
      const isNew = !this.#gateways.has(name);
      if (isNew && isUnanswered(desired.gateways.get(name))) {
        gateway.pool.firstMembers.expect(desired.process.dns.timeoutMs);
      }
      this.#gateways.set(name, gateway);
      draining += commit();
    }
    for (const [name, gateway] of this.#gateways) {
      if (!desired.gateways.has(name)) draining += this.#retire(name, gateway);
    }
    this.#route();
    return draining;
  }

  #add(listener: Listener): void {
    this.#listeners.set(formatAddress(listener.address), listener);
    listener.keep();
    listener.watch(this.#deps.clock, (reason) => this.#lose(listener, reason));
  }

  #lose(listener: Listener, reason: string): void {
    const address = formatAddress(listener.address);
    this.#listeners.delete(address);
    listener.close();
    this.#lost.add(listener, `${address}: ${reason}`);
  }

  /** Nothing has to be bound for it: it is, or it is lost and tried again anyway. */
  #isKnown(key: string, address: Address): boolean {
    return this.#listeners.has(key) || this.#passed.has(address) || this.#lost.has(key);
  }

  #claimPassed(): void {
    for (const [key, listener] of this.#listeners) {
      if (this.#passed.owns(listener)) this.#listeners.delete(key);
    }
    for (const [key, listener] of this.#passed.claim(this.#wanted)) {
      this.#listeners.set(key, listener);
    }
  }

  #retire(name: string, gateway: Gateway): number {
    this.#gateways.delete(name);
    this.#leaving.add(gateway);
    return gateway.drain(() => {
      this.#leaving.delete(gateway);
      gateway.destroy();
    });
  }

  /** Points each listener at its gateway and closes those whose address has left. */
  #route(): void {
    for (const [key, listener] of this.#listeners) {
      const desired = this.#wanted.get(key)?.gateway;
      const gateway = this.#gateways.get(desired?.name ?? '');
      if (desired && gateway) {
        listener.configure(desired.settings);
        listener.serve(gateway);
      } else {
        listener.close();
        this.#listeners.delete(key);
      }
    }
    this.#tellOwn();
  }

  #tellOwn(): void {
    this.#deps.budget.listeners = this.#listeners.size;
    this.#deps.loops.listenersChanged([...this.#listeners.values()].map(({ bound }) => bound));
  }

  /**
   * An address that leaves can stand in the way of one that comes: 127.0.0.1:P against :P, and a name
   * against whatever it resolves to. Where binding beside it fails, it is let go for the moment that
   * binding takes, once all else is bound. A passed socket is not: that would free nothing.
   */
  #blocking({ address }: Wanted, wanted: ReadonlyMap<string, Wanted>): readonly Listener[] {
    return [...this.#listeners]
      .filter(([key, old]) => !wanted.has(key) && !this.#passed.owns(old) && mayBlock(old, address))
      .map(([, old]) => old);
  }

  /** Somebody else can have taken the address meanwhile: then it is tried again. */
  async #restore(listener: Listener): Promise<void> {
    try {
      await listener.bind();
      this.#add(listener);
    } catch (error) {
      this.#listeners.delete(formatAddress(listener.address));
      this.#lost.add(listener, errorMessage(error));
    }
  }
}

/** Built for one gateway, known before or not. */
interface PreparedGateway {
  readonly name: string;
  readonly gateway: Gateway;
  readonly commit: () => number;
}

interface Change {
  readonly desired: DesiredState;
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly gateways: readonly PreparedGateway[];
  readonly bound: readonly Listener[];
}

function mayBlock(leaving: Listener, coming: Address): boolean {
  if (coming.kind === 'unix') return leaving.isAt(coming.path);
  return leaving.address.kind === 'tcp' && leaving.address.port === coming.port;
}

/** Its discovery has not answered yet, and there is nothing to serve with meanwhile. */
function isUnanswered(desired: DesiredGateway | undefined): boolean {
  if (desired === undefined || desired.endpoints.length > 0) return false;
  return desired.discovery.srv !== undefined || desired.discovery.members !== undefined;
}

interface Wanted extends Binding {
  readonly gateway: DesiredGateway;
}

function wantedListeners(desired: DesiredState): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const gateway of desired.gateways.values()) {
    for (const binding of gateway.listen.flatMap(bindingsOf)) {
      wanted.set(formatAddress(binding.address), { ...binding, gateway });
    }
  }
  return wanted;
}
