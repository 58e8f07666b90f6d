import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree, residentKb } from '../accounting.js';
import type { Owner } from '../owner.js';
import { accepting, type Child, freePort, startChild } from '../processes.js';
import { ownProgram, projectFolder } from '../tools.js';

const collector = join(projectFolder, 'dist', 'scripts', 'bench', 'scale', 'collector.js');

const adminLimitMs = 10_000;

/** Longer than it takes to collect all garbage, with a heap as here. */
const collectionMs = 500;

/** The part of a configuration that varies; JSON is YAML too. */
export type Gateways = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Setup {
  readonly gateways: (port: number) => Gateways;
  readonly dns?: Readonly<Record<string, unknown>>;
}

/** The built program with its admin socket; the file is read when it is told to. */
export class ScaledGateway {
  readonly port: number;
  /** From exec to the first accepted connection. */
  startedInMs = 0;
  readonly #folder: string;
  readonly #setup: Setup;
  #child: Child | undefined;

  private constructor(folder: string, port: number, setup: Setup) {
    this.#folder = folder;
    this.port = port;
    this.#setup = setup;
  }

  static async start(owner: Owner, setup: Setup): Promise<ScaledGateway> {
    const gateway = new ScaledGateway(await owner.temporaryFolder(), await freePort(), setup);
    await gateway.write(setup.gateways(gateway.port));
    const begin = performance.now();
    const args = ['--import', collector, ownProgram, 'start', '--config', gateway.#file];
    gateway.#child = startChild(owner, process.execPath, args);
    await accepting(gateway.port, gateway.#child);
    gateway.startedInMs = performance.now() - begin;
    await gateway.#administered();
    return gateway;
  }

  /** Saves a file; another one, renamed over the old one. */
  async write(gateways: Gateways): Promise<void> {
    const text = JSON.stringify({
      gateways,
      ...(this.#setup.dns && { dns: this.#setup.dns }),
      reload: { watch: false, 'quiet-period': '10ms' },
      log: { level: 'warn', format: 'json' },
      admin: { 'listen-addr': `unix:${this.#socket}` },
    });
    await writeFile(`${this.#file}.next`, text.replaceAll('},', '},\n'));
    await rename(`${this.#file}.next`, this.#file);
  }

  /** @throws Error unless the reload is applied. */
  async reload(): Promise<void> {
    const answer = await this.#ask('POST', '/api/v1/reload');
    const { outcome } = JSON.parse(answer) as { outcome?: string };
    if (outcome !== 'applied') throw new Error(`reload: ${answer.slice(0, 500)}`);
  }

  /** Looks everything up again, whatever the verdict. */
  async refresh(): Promise<void> {
    await this.#ask('POST', '/api/v1/reload');
  }

  async state<T>(): Promise<T> {
    return JSON.parse(await this.#ask('GET', '/api/v1/state')) as T;
  }

  /** Metrics without labels, by name without its prefix. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.#ask('GET', '/metrics')).matchAll(/^etcd_gateway_(\w+) (\S+)$/gm);
    return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
  }

  /** Resolves when all garbage has been collected. */
  async collectGarbage(): Promise<void> {
    process.kill(this.#child?.pid ?? 0, 'SIGUSR2');
    await delay(collectionMs);
  }

  residentMiB(): number {
    return residentKb(processTree(this.#child?.pid ?? 0)) / 1024;
  }

  /** Its listeners are bound a moment before its admin socket. */
  async #administered(): Promise<void> {
    const limit = performance.now() + adminLimitMs;
    while (!existsSync(this.#socket)) {
      if (performance.now() > limit) throw new Error(`no admin socket at ${this.#socket}`);
      await delay(2);
    }
  }

  get #socket(): string {
    return join(this.#folder, 'admin.sock');
  }

  get #file(): string {
    return join(this.#folder, 'gateway.yaml');
  }

  #ask(method: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#socket, method, path }, (answer) => {
        const parts: string[] = [];
        answer.setEncoding('utf8').on('data', (part: string) => parts.push(part));
        answer.on('end', () => resolve(parts.join(''))).on('error', reject);
      });
      asked.on('error', reject).end();
    });
  }
}
