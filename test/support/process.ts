import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

import type { Scope } from './scope.js';
import { until } from './until.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of a test: it is killed when the test ends, and its output is kept. */
export class TestProcess {
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  #exit: Exit | undefined;
  readonly #child: ChildProcess;

  constructor(command: string, flags: readonly string[], options: SpawnOptions = {}) {
    this.#child = spawn(command, flags, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = this.#watch();
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#child.spawnfile} did not start`);
    return this.#child.pid;
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** A process that has ended takes no notice. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Signals until it is gone; a process that is stopped (SIGSTOP) runs on first. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 10_000): Promise<Exit> {
    this.#child.kill(signal);
    this.#child.kill('SIGCONT');
    await until(() => this.#exit, { what: `${this.#child.spawnfile} to end`, timeoutMs });
    return this.exited;
  }

  async #watch(): Promise<Exit> {
    const failed = once(this.#child, 'error').then(([error]) => {
      throw error as Error;
    });
    // 'close' comes after the last output; waiting for it only after the exit spares a listener.
    const closed = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const [code, signal] = await Promise.race([closed, failed]);
    this.#exit = { code, signal };
    return this.#exit;
  }
}

export function withProcess(
  scope: Scope,
  command: string,
  flags: readonly string[],
  options?: SpawnOptions,
): TestProcess {
  const child = new TestProcess(command, flags, options);
  scope.defer(async () => child.stop('SIGKILL'));
  return child;
}
