import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ask } from '../../support/admin-server.js';
import { withGateway, type ConfigObject, type GatewayProcess } from '../../support/gateway.js';
import { freePort } from '../../support/ports.js';
import type { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';
import { LogReader, type CellLog } from './log-reader.js';
import { holdsNoMore, Residue, type Footprint } from '../../support/residue.js';

/** A gateway's entry in the file. */
export type Entry = ConfigObject & { readonly endpoints: readonly string[] };

/** The greeting of the endpoint that stands in for one that is taken out. */
export const spareName = 'spare';

/** The built program with a gateway for each cell, so that what it logs and counts is the cell's. */
export class Lab {
  readonly spare: string;
  readonly #process: GatewayProcess;
  readonly #log: LogReader;
  readonly #residue: Residue;
  readonly #adminPath: string;
  readonly #always: ConfigObject;
  #entries: Readonly<Record<string, Entry>> = {};
  #reloading: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  private constructor(
    process: GatewayProcess,
    spare: string,
    adminPath: string,
    always: ConfigObject,
    residue: Residue,
  ) {
    this.#process = process;
    this.spare = spare;
    this.#adminPath = adminPath;
    this.#always = always;
    this.#residue = residue;
    this.#log = new LogReader(process);
  }

  static async open(scope: Scope): Promise<Lab> {
    const spare = await withUpstream(scope, { behaviour: identity(spareName) });
    const adminPath = join(await scope.tempDir(), 'admin.sock');
    const listen = { 'listen-addr': `127.0.0.1:${await freePort()}` };
    const always = { always: { ...listen, endpoints: [spare.address] } };
    const residue = await Residue.prepare(scope);
    const gateway = await withGateway(scope, {
      config: configOf(always, adminPath),
      env: residue.env,
    });
    return new Lab(gateway, spare.address, adminPath, always, residue);
  }

  /** What the log has said of this gateway so far. */
  logOf(gateway: string): CellLog {
    return this.#log.of(gateway);
  }

  /** Changes gateways' entries and waits until that runs; changes at one time share a reload. */
  async change(changes: Readonly<Record<string, Entry>>): Promise<void> {
    this.#entries = { ...this.#entries, ...changes };
    this.#waiting ??= this.#afterThis();
    return this.#waiting;
  }

  /** As `change`, of one key of one entry. */
  async set(gateway: string, values: ConfigObject): Promise<void> {
    const entry = this.#entries[gateway];
    if (!entry) throw new Error(`no gateway ${gateway} in the file`);
    return this.change({ [gateway]: { ...entry, ...values } });
  }

  async removeAll(): Promise<void> {
    this.#entries = {};
    await this.change({});
  }

  async metrics(): Promise<string> {
    return (await ask({ kind: 'unix', path: this.#adminPath }, '/metrics')).body;
  }

  /** What the process holds now. */
  async footprint(): Promise<Footprint> {
    const fds = (await readdir(`/proc/${this.#process.pid}/fd`)).length;
    return { fds, ...(await this.#residue.ask(this.#process)) };
  }

  /** The same once it holds no more than before, or after some time. */
  async settledAt(before: Footprint): Promise<Footprint> {
    const isSettled = async (): Promise<boolean> => holdsNoMore(await this.footprint(), before);
    const settling = until(isSettled, { what: 'it', timeoutMs: 15_000, everyMs: 300 });
    await settling.catch(() => undefined); // what is still held is in the footprint
    return this.footprint();
  }

  async #afterThis(): Promise<void> {
    await this.#reloading;
    this.#waiting = undefined;
    this.#reloading = this.#reload();
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    const before = this.#log.reloads;
    await this.#process.edit(configOf({ ...this.#always, ...this.#entries }, this.#adminPath));
    await until(() => this.#log.reloads > before, { what: 'the reload', timeoutMs: 30_000 });
  }
}

function configOf(gateways: ConfigObject, adminPath: string): ConfigObject {
  return { gateways, admin: { 'listen-addr': `unix:${adminPath}` } };
}
