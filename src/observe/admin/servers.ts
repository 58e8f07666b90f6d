import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { formatAddress, type Address } from '../../model/address.js';
import type { AdminSettings } from '../../model/config.js';
import type { DesiredState } from '../../model/desired-state.js';
import type { GatewayEvent } from '../../model/events.js';
import type { Plan } from '../../model/plan.js';
import type { Applier, Prepared } from '../../model/ports.js';
import { AdminServer, type AdminServerOptions } from './server.js';

export interface AdminServersOptions extends AdminServerOptions {
  /** The default unix socket; it is made where its folder is. */
  readonly defaultSocket: string;
}

const off: AdminSettings = { listen: undefined, explicit: false, tokenFile: undefined };

/** The admin server at all its addresses: an `AdminServer` for each. */
export class AdminServers {
  readonly #options: AdminServersOptions;
  /** In the order of the addresses; those without one have been left. */
  readonly #servers: AdminServer[] = [];
  readonly #listening = new Map<AdminServer, readonly Address[]>();

  constructor(options: AdminServersOptions) {
    this.#options = options;
    this.#add();
  }

  readonly observe = (event: GatewayEvent): void => {
    for (const server of this.#servers) server.observe(event);
  };

  /** See `AdminServer`. */
  readonly givingWay: Applier = {
    prepare: (plan, desired) => this.#prepare(plan, desired, ({ givingWay }) => givingWay),
  };

  prepare(plan: Plan, desired: DesiredState): Promise<Prepared> {
    return this.#prepare(plan, desired, (server) => server);
  }

  /** See `AdminServer`. */
  async bindLost(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.bindLost()));
  }

  /** See `AdminServer`. */
  async checkToken(): Promise<void> {
    await this.#servers.find(({ wanted }) => wanted !== undefined)?.checkToken();
  }

  /** See `AdminServer`. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  async #prepare(
    plan: Plan,
    desired: DesiredState,
    applierOf: (server: AdminServer) => Applier,
  ): Promise<Prepared> {
    const prepared: Prepared[] = [];
    const rollback = async (): Promise<void> => {
      for (const one of prepared.reverse()) await one.rollback();
    };
    try {
      for (const [server, admin] of this.#assign(this.#placesOf(desired.process.admin))) {
        const its = { ...desired, process: { ...desired.process, admin } };
        prepared.push(await applierOf(server).prepare(plan, its));
      }
    } catch (error) {
      await rollback();
      throw error;
    }
    const commit = async (): Promise<number> => {
      for (const one of prepared) await one.commit();
      return 0;
    };
    return { commit, rollback };
  }

  /** Who listens where: whoever does so by now goes on, the others take what is left, in order. */
  #assign(places: readonly AdminSettings[]): ReadonlyMap<AdminServer, AdminSettings> {
    while (this.#servers.length < places.length) this.#add();
    const assigned = new Map<AdminServer, AdminSettings>();
    const left = places.filter((place) => {
      const server = this.#servers.find(
        (one) => !assigned.has(one) && isSame(one.wanted, place.listen),
      );
      if (server) assigned.set(server, place);
      return !server;
    });
    for (const server of this.#servers) {
      if (!assigned.has(server)) assigned.set(server, left.shift() ?? off);
    }
    return assigned;
  }

  /** The default address has the default socket beside it. */
  #placesOf(admin: AdminSettings): readonly AdminSettings[] {
    const { others = [], ...first } = admin;
    const isDefault = !first.explicit && (first.listen !== undefined || first.taken !== undefined);
    const { defaultSocket: path } = this.#options;
    if (!isDefault || !existsSync(dirname(path))) return [first, ...others];
    const { tokenFile } = first;
    return [first, { listen: { kind: 'unix', path }, explicit: false, tokenFile }];
  }

  #add(): void {
    const mostConnections = Math.ceil(this.#options.mostConnections / 2);
    const server: AdminServer = new AdminServer({
      ...this.#options,
      mostConnections,
      listensAt: (addresses) => {
        this.#listening.set(server, addresses);
        this.#options.listensAt([...this.#listening.values()].flat());
      },
    });
    this.#servers.push(server);
  }
}

function isSame(a: Address | undefined, b: Address | undefined): boolean {
  return a !== undefined && b !== undefined && formatAddress(a) === formatAddress(b);
}
