import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Authority, KeyPair } from './certs.js';
import { freePorts } from './ports.js';
import { TestProcess } from './process.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

const run = promisify(execFile);

/** TLS of a cluster: clients must show a certificate of `authority`, unless `anyClient` is set. */
export interface EtcdTls {
  readonly anyClient?: boolean;
  readonly authority: Authority;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export interface EtcdOptions {
  /** Default 3. */
  readonly members?: number;
  readonly tls?: EtcdTls;
  /** Further ones, of each member. */
  readonly flags?: readonly string[];
  /** For what a member or a change of the cluster may take; default 20,000. */
  readonly patienceMs?: number;
}

/** One member: a real etcd on 127.0.0.1. */
export class EtcdMember {
  readonly clientAddress: string;
  readonly peerUrl: string;
  #process: TestProcess | undefined;

  constructor(
    readonly name: string,
    readonly clientPort: number,
    peerPort: number,
    readonly dataDir: string,
    readonly scheme: 'http' | 'https',
  ) {
    this.clientAddress = `127.0.0.1:${clientPort}`;
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
  }

  get process(): TestProcess {
    if (this.#process === undefined) throw new Error(`${this.name} has not been started`);
    return this.#process;
  }

  start(flags: readonly string[]): void {
    const clientUrl = `${this.scheme}://${this.clientAddress}`;
    this.#process = new TestProcess('etcd', [
      ...['--name', this.name, '--data-dir', this.dataDir, '--log-level', 'warn'],
      ...['--logger', 'zap', '--log-outputs', 'stderr'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
      ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
      ...['--max-txn-ops', '10000', '--max-request-bytes', String(32 * 1024 * 1024)],
      ...flags,
    ]);
  }

  /** At once, as if its machine had failed. */
  async kill(): Promise<void> {
    await this.#process?.stop('SIGKILL');
  }

  /** In order. */
  async stop(): Promise<void> {
    await this.#process?.stop('SIGTERM');
  }

  /** It keeps its sockets and answers nothing until `resume`. */
  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }
}

/** A cluster of real members, all of them processes of this machine. */
export class EtcdCluster {
  readonly members: EtcdMember[] = [];
  readonly #token = `cluster-${process.pid}-${Date.now()}`;
  readonly #dir: string;
  readonly #tls: EtcdTls | undefined;
  readonly #more: readonly string[];
  readonly #timeoutMs: number;

  constructor(dir: string, { tls, flags = [], patienceMs = 20_000 }: EtcdOptions) {
    this.#more = flags;
    this.#dir = dir;
    this.#tls = tls;
    this.#timeoutMs = patienceMs;
  }

  /** `host:port` of each member's client address. */
  get endpoints(): string[] {
    return this.members.map((member) => member.clientAddress);
  }

  member(index: number): EtcdMember {
    const member = this.members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  async bootstrap(count: number): Promise<void> {
    while (this.members.length < count) this.members.push(await this.#newMember());
    for (const member of this.members) member.start(this.#flags('new', this.members));
    await this.ready();
  }

  /** Starts a member that was killed or stopped; its data is still there. */
  async restart(member: EtcdMember): Promise<void> {
    member.start(this.#flags('existing', this.members));
    await this.ready([member]);
  }

  /** Adds a new member to the running cluster and starts it. */
  async add(): Promise<EtcdMember> {
    const member = await this.#newMember();
    await this.#reconfigure(['member', 'add', member.name, `--peer-urls=${member.peerUrl}`]);
    this.members.push(member);
    member.start(this.#flags('existing', this.members));
    await this.ready([member]);
    return member;
  }

  /** Removes a member from the cluster and ends its process. */
  async remove(member: EtcdMember): Promise<void> {
    const id = await this.idOf(member);
    this.members.splice(this.members.indexOf(member), 1);
    await this.#reconfigure(['member', 'remove', id]); // at the others: it may end in its answer
    await member.kill();
  }

  async idOf(member: EtcdMember): Promise<string> {
    const list = await this.etcdctl(['member', 'list']);
    const line = list.split('\n').find((entry) => entry.includes(member.peerUrl));
    if (line === undefined) throw new Error(`${member.name} is not in the member list:\n${list}`);
    return line.replace(/,.*/, '');
  }

  /** Waits until each of these members serves linearizable reads, so there is a leader. */
  async ready(members: readonly EtcdMember[] = this.members): Promise<void> {
    for (const { name, clientAddress, process } of members) {
      const healthy = async (): Promise<boolean> => {
        if (process.exit !== undefined) throw new Error(process.stderr);
        await this.etcdctl(['endpoint', 'health'], [clientAddress]);
        return true;
      };
      const what = `${name} to be healthy`;
      await until(healthy, { what, timeoutMs: this.#timeoutMs, everyMs: 100 });
    }
  }

  /** What `etcdctl` prints. @throws its error output. */
  async etcdctl(flags: readonly string[], endpoints = this.endpoints): Promise<string> {
    const { stdout } = await run('etcdctl', [...this.etcdctlFlags(endpoints), ...flags], {
      env: etcdctlEnv,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 30_000,
    });
    return stdout;
  }

  /** Flags that come before the command of an `etcdctl` that a test runs by itself. */
  etcdctlFlags(endpoints: readonly string[]): string[] {
    const flags = [`--endpoints=${endpoints.join(',')}`, '--dial-timeout=5s'];
    if (this.#tls === undefined) return [...flags, '--command-timeout=10s'];
    const { authority, client } = this.#tls;
    const files = [`--cacert=${authority.caFile}`, `--cert=${client.certFile}`];
    return [...flags, '--command-timeout=10s', ...files, `--key=${client.keyFile}`];
  }

  async destroy(): Promise<void> {
    await Promise.all(this.members.map(async (member) => member.kill()));
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** etcd refuses while its members have not been connected to each other for some seconds. */
  async #reconfigure(flags: readonly string[]): Promise<void> {
    const what = `etcdctl ${flags.join(' ')}`;
    const timeoutMs = this.#timeoutMs;
    await until(async () => this.etcdctl(flags), { what, timeoutMs, everyMs: 200 });
  }

  async #newMember(): Promise<EtcdMember> {
    const [clientPort = 0, peerPort = 0] = await freePorts(2);
    const name = `infra${clientPort}`;
    const dataDir = join(this.#dir, name);
    await mkdir(dataDir, { mode: 0o700 });
    const scheme = this.#tls === undefined ? 'http' : 'https';
    return new EtcdMember(name, clientPort, peerPort, dataDir, scheme);
  }

  #flags(state: 'new' | 'existing', members: readonly EtcdMember[]): string[] {
    const cluster = members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    const flags = ['--initial-cluster', cluster, '--initial-cluster-state', state];
    return [
      ...flags,
      '--initial-cluster-token',
      this.#token,
      ...tlsFlags(this.#tls),
      ...this.#more,
    ];
  }
}

export const etcdctlEnv: NodeJS.ProcessEnv = { ...process.env, ETCDCTL_API: '3' };

/** Starts a cluster that is gone when the test ends. */
export async function withEtcd(scope: Scope, options: EtcdOptions = {}): Promise<EtcdCluster> {
  const cluster = new EtcdCluster(await dataDir(), options);
  scope.defer(async () => cluster.destroy());
  await cluster.bootstrap(options.members ?? 3);
  return cluster;
}

/** Certificates for a cluster on 127.0.0.1 whose clients must show one. */
export async function etcdTls(authority: Authority): Promise<EtcdTls> {
  const server = await authority.server(['localhost', '127.0.0.1']);
  return { authority, server, client: await authority.client('root') };
}

function tlsFlags(tls: EtcdTls | undefined): string[] {
  if (tls === undefined) return [];
  const { authority, server, anyClient = false } = tls;
  const files = ['--cert-file', server.certFile, '--key-file', server.keyFile];
  return anyClient
    ? files
    : [...files, '--trusted-ca-file', authority.caFile, '--client-cert-auth'];
}

/** In memory where there is such a place: a slow disk makes members lose elections. */
async function dataDir(): Promise<string> {
  const memory = '/dev/shm';
  const parent = await access(memory).then(
    () => memory,
    () => tmpdir(),
  );
  return mkdtemp(join(parent, 'etcd-gateway-'));
}
