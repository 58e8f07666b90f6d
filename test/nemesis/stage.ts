import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { Dnsmasq } from '../support/dns-daemons.js';
import { withEtcd, type EtcdCluster, type EtcdMember } from '../support/etcd.js';
import { fileChanges } from '../support/file-changes.js';
import { readyMessage } from '../support/gateway.js';
import { freePorts } from '../support/ports.js';
import type { TestProcess } from '../support/process.js';
import type { Scope } from '../support/scope.js';
import { withActivation } from '../support/service-manager.js';
import { until } from '../support/until.js';
import { configuration, srvRecords } from './files.js';
import type { FileContent, SrvContent } from './schedule.js';

/** Longer than anything on a busy machine takes to come back. */
const patienceMs = 60_000;

/**
 * A cluster, a DNS server, and one gateway program with three gateways: their endpoints come from
 * the file, from SRV records and from the member list. A service manager holds their listeners.
 */
export class Stage {
  readonly cluster: EtcdCluster;
  /** Where clients connect: of the file's, the records' and the members' gateway. */
  readonly ports: readonly number[];
  readonly #dns: Dnsmasq;
  readonly #configFile: string;
  readonly #activator: TestProcess;
  #edits = 0;
  #file: FileContent = 'all';
  #srv: SrvContent = 'all';
  #dnsIsUp = true;
  /** Changes of the file and the records, one after the other. */
  #publishing: Promise<void> = Promise.resolve();

  private constructor(parts: Parts) {
    this.cluster = parts.cluster;
    this.ports = parts.ports;
    this.#dns = parts.dns;
    this.#configFile = parts.configFile;
    this.#activator = withActivation(parts.scope, parts.ports, parts.configFile);
  }

  static async start(scope: Scope, members: number): Promise<Stage> {
    const cluster = await withEtcd(scope, { members, patienceMs });
    const dns = await Dnsmasq.start(scope, srvRecords('all', cluster.members));
    const folder = join(await scope.tempDir(), 'config');
    await mkdir(folder);
    const configFile = join(folder, 'gateway.yaml');
    const ports = await freePorts(3);
    await writeFile(configFile, configuration('all', cluster.endpoints, ports, dns.address));
    const stage = new Stage({ scope, cluster, dns, configFile, ports });
    await stage.#started(1);
    return stage;
  }

  /** Of the gateway, all its lives. */
  get log(): string {
    return this.#activator.stderr;
  }

  /** Undefined while all is well: only a signal of ours may end the gateway. */
  get exit(): string | undefined {
    const { exit } = this.#activator;
    return exit && `the gateway ended by itself: ${JSON.stringify(exit)}`;
  }

  /** Kinds of messages the gateway has logged so often. */
  logged(message: string): number {
    return this.log.split(`"${message}"`).length - 1;
  }

  async restartGateway(): Promise<void> {
    return this.#restart('SIGUSR1');
  }

  async killGateway(): Promise<void> {
    return this.#restart('SIGUSR2');
  }

  signalGateway(signal: NodeJS.Signals): void {
    process.kill(Number(this.#activator.stdout.trim().split('\n').at(-1)), signal);
  }

  async editFile(way: string, content: FileContent): Promise<void> {
    await this.#inTurn(async () => {
      this.#file = content;
      await this.#writeFile(way);
    });
  }

  async changeRecords(content: SrvContent): Promise<void> {
    await this.#inTurn(async () => {
      this.#srv = content;
      await this.#serveRecords();
    });
  }

  async silenceDns(): Promise<void> {
    await this.#inTurn(async () => {
      this.#dnsIsUp = false;
      await this.#dns.stop();
    });
  }

  async resumeDns(): Promise<void> {
    await this.#inTurn(async () => {
      this.#dnsIsUp = true;
      await this.#serveRecords();
    });
  }

  /** Removes a member, adds another with a new address, and says so in the file and the records. */
  async replace(member: EtcdMember): Promise<void> {
    await this.cluster.remove(member);
    await this.cluster.add();
    await this.#inTurn(async () => {
      await this.#writeFile('replaced by a rename');
      await this.#serveRecords();
    });
  }

  /** The member that leads now; without one the first. */
  async leader(): Promise<EtcdMember> {
    const text = await this.cluster.etcdctl(['endpoint', 'status', '--write-out=json']);
    const statuses = JSON.parse(text) as readonly EndpointStatus[];
    const leads = statuses.find(({ Status }) => Status.header.member_id === Status.leader);
    const found = this.cluster.members.find((member) => member.clientAddress === leads?.Endpoint);
    return found ?? this.cluster.member(0);
  }

  async #writeFile(way: string): Promise<void> {
    const { cluster, ports } = this;
    this.#edits += 1;
    const text = configuration(this.#file, cluster.endpoints, ports, this.#dns.address);
    const change = fileChanges[way];
    if (change === undefined) throw new Error(`no such way to change a file: ${way}`);
    await change(this.#configFile, text, this.#edits);
  }

  async #serveRecords(): Promise<void> {
    if (this.#dnsIsUp) await this.#dns.serve(srvRecords(this.#srv, this.cluster.members));
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#publishing.then(change);
    this.#publishing = done.catch(() => undefined); // the caller of `done` learns of it
    return done;
  }

  async #restart(signal: NodeJS.Signals): Promise<void> {
    const starts = this.logged(readyMessage);
    this.#activator.signal(signal);
    await this.#started(starts + 1);
  }

  async #started(times: number): Promise<void> {
    const isReady = (): boolean => this.logged(readyMessage) >= times;
    await until(isReady, { what: 'the gateway to be ready', timeoutMs: patienceMs }).catch(
      (error: unknown) => {
        throw new Error(`the gateway did not start; its log:\n${this.log}`, { cause: error });
      },
    );
  }
}

interface Parts {
  readonly scope: Scope;
  readonly cluster: EtcdCluster;
  readonly dns: Dnsmasq;
  readonly configFile: string;
  readonly ports: readonly number[];
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number };
}
