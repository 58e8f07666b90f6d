import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dnsClient, dnsSettings } from './dns-fixtures.js';
import { freePort } from './ports.js';
import { withProcess, type TestProcess } from './process.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

/** dnsmasq, which answers from its configuration and gives every record one TTL. */
export class Dnsmasq {
  readonly address: string;
  readonly #scope: Scope;
  readonly #dir: string;
  readonly #port: number;
  #process: TestProcess | undefined;

  private constructor(scope: Scope, dir: string, port: number) {
    this.#scope = scope;
    this.#dir = dir;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
  }

  /** `records`: lines of dnsmasq.conf, as `srv-host=NAME,TARGET,PORT,PRIORITY,WEIGHT`. */
  static async start(scope: Scope, records: readonly string[], ttl = 1): Promise<Dnsmasq> {
    const server = new Dnsmasq(scope, await scope.tempDir(), await freePort());
    await server.serve(records, ttl);
    return server;
  }

  /** Serves other records from now on, after a moment of silence. */
  async serve(records: readonly string[], ttl = 1): Promise<void> {
    await this.stop();
    const file = join(this.#dir, 'dnsmasq.conf');
    await writeFile(file, [...this.#settings(ttl), ...records, ''].join('\n'));
    this.#process = withProcess(this.#scope, 'dnsmasq', ['-k', '-C', file]);
    await answering(this.address, 'ready.test');
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGKILL');
    this.#process = undefined;
  }

  #settings(ttl: number): string[] {
    const listen = [`port=${this.#port}`, 'listen-address=127.0.0.1', 'bind-interfaces'];
    const sources = ['no-resolv', 'no-hosts', 'local=/test/', 'host-record=ready.test,127.0.0.1'];
    return [...listen, ...sources, `local-ttl=${ttl}`, 'user=', 'pid-file='];
  }
}

/** Knot, an authoritative server of one zone, which may change while it runs. */
export class Knot {
  readonly address: string;
  readonly #dir: string;
  readonly #process: TestProcess;
  #serial = 1;

  private constructor(dir: string, port: number, server: TestProcess) {
    this.#dir = dir;
    this.#process = server;
    this.address = `127.0.0.1:${port}`;
  }

  /** `records`: lines of the zone file of example.test. */
  static async start(scope: Scope, records: readonly string[]): Promise<Knot> {
    const [dir, port] = [await scope.tempDir(), await freePort()];
    await writeFile(join(dir, 'knot.conf'), knotConf(dir, port));
    await writeFile(join(dir, 'zone'), zoneFile(1, records));
    const server = withProcess(scope, 'knotd', ['-c', join(dir, 'knot.conf')]);
    const knot = new Knot(dir, port, server);
    await answering(knot.address, 'serial1.example.test');
    return knot;
  }

  /** Serves other records; resolves once it does. */
  async serve(records: readonly string[]): Promise<void> {
    this.#serial += 1;
    await writeFile(join(this.#dir, 'zone'), zoneFile(this.#serial, records));
    this.#process.signal('SIGHUP');
    await answering(this.address, `serial${this.#serial}.example.test`);
  }
}

/** The SOA's minimum, for which a negative answer holds. */
export const knotNegativeTtl = 42;

function zoneFile(serial: number, records: readonly string[]): string {
  const soa = `@ 300 SOA ns root ${serial} 60 60 60 ${knotNegativeTtl}`;
  const ns = ['@ 300 NS ns', 'ns 300 A 127.0.0.1', `serial${serial} 1 A 127.0.0.1`];
  return ['$ORIGIN example.test.', soa, ...ns, ...records, ''].join('\n');
}

function knotConf(dir: string, port: number): string {
  return `server:
    listen: 127.0.0.1@${port}
    rundir: ${dir}
database:
    storage: ${dir}
log:
  - target: stderr
    any: warning
zone:
  - domain: example.test
    storage: ${dir}
    file: zone
    zonefile-sync: -1
    journal-content: none
`;
}

async function answering(server: string, name: string): Promise<void> {
  const client = dnsClient();
  const settings = dnsSettings({ servers: [server], timeoutMs: 200 });
  const { signal } = new AbortController();
  const answered = async (): Promise<boolean> =>
    (await client.query(name, 'A', { settings, signal })).kind === 'records';
  await until(answered, { what: `${server} to answer`, timeoutMs: 10_000 });
}
