import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { withProcess } from '../../support/process.js';
import type { Scope } from '../../support/scope.js';
import { systemSides } from '../../support/system-sides.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);

const farProgram = 'dist/test/faults/links/far.js';
const farPort = 7_000;

/** Which end of a cable: the gateway's, or the endpoint's. */
export type Side = 'gateway' | 'endpoint';

/** A cable to the other network, with an endpoint at its end. */
export interface Link {
  /** The endpoint as the gateway knows it. */
  readonly address: string;
  set(side: Side, state: 'up' | 'down'): Promise<void>;
}

/**
 * Another network beside this process's, which `unshare` must have just made: nothing is undone in
 * either. Without `tcp-user-timeout`, which the portable sides do not have, the kernel gives unacknowledged
 * data up after some 6 s here instead of 15 min.
 */
export class FarNetwork {
  readonly #pid: number;
  #links = 0;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  static async open(scope: Scope): Promise<FarNetwork> {
    await run('ip', ['link', 'set', 'lo', 'up']);
    if (systemSides.kind === 'portable') await writeFile('/proc/sys/net/ipv4/tcp_retries2', '4');
    const child = withProcess(scope, 'unshare', [
      ...['--net', process.execPath, farProgram, String(farPort)],
    ]);
    await until(() => child.stdout.includes('ready'), {
      what: 'the far network',
      timeoutMs: 20_000,
    });
    return new FarNetwork(child.pid); // `unshare` has become what it was to start
  }

  async connect(): Promise<Link> {
    const n = (this.#links += 1);
    const [near, far] = [`near${n}`, `far${n}`];
    await run('ip', [
      ...['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', `${this.#pid}`],
    ]);
    const ip = (side: Side, ...words: string[]) =>
      side === 'gateway' ? run('ip', words) : run('nsenter', [...this.#into, 'ip', ...words]);
    const set = async (side: Side, state: 'up' | 'down'): Promise<void> => {
      await ip(side, 'link', 'set', side === 'gateway' ? near : far, state);
    };
    await ip('gateway', 'address', 'add', `10.77.${n}.1/30`, 'dev', near);
    await ip('endpoint', 'address', 'add', `10.77.${n}.2/30`, 'dev', far);
    for (const side of ['gateway', 'endpoint'] as const) await set(side, 'up');
    return { address: `10.77.${n}.2:${farPort}`, set };
  }

  get #into(): readonly string[] {
    return [`--target=${this.#pid}`, '--net', '--'];
  }
}
