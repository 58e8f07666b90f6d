import { spawn } from 'node:child_process';

import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type { Clock, Timer } from '../model/ports.js';

export interface ServiceManagerOptions {
  /** What the service manager has set: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUsec: () => bigint;
  readonly clock: Clock;
  readonly observer: Observer;
}

/**
 * Tells the service manager how the process is, as sd_notify(3) does; silent where there is none.
 * Node has no unix datagram sockets, so systemd-notify(1) sends the messages: the unit needs
 * `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #watchdogMs: number | undefined;
  #watchdog: Timer | undefined;
  #hasFailed = false;
  /** One after the other: they must arrive in order. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#watchdogMs = watchdogMs(options);
  }

  /** Serving; also the end of a reload, whatever came of it. */
  ready(status: string): void {
    this.#send('READY=1', `STATUS=${status}`);
    this.#watch();
  }

  /** `ready` must follow (`Type=notify-reload`). */
  reloading(): void {
    this.#send('RELOADING=1', `MONOTONIC_USEC=${this.#options.monotonicUsec()}`);
  }

  status(text: string): void {
    this.#send(`STATUS=${text}`);
  }

  stopping(): void {
    this.#watchdog?.cancel();
    this.#send('STOPPING=1', 'STATUS=sessions finish, no new ones are taken');
  }

  /** Resolves when what was said has been sent. Idempotent. */
  async close(): Promise<void> {
    this.#watchdog?.cancel();
    await this.#tail;
  }

  #watch(): void {
    if (this.#watchdogMs === undefined) return;
    this.#watchdog?.cancel();
    this.#watchdog = this.#options.clock.setTimer(this.#watchdogMs, () => {
      this.#send('WATCHDOG=1');
      this.#watch();
    });
  }

  #send(...assignments: readonly string[]): void {
    if (this.#options.env.NOTIFY_SOCKET === undefined) return;
    this.#tail = this.#tail.then(() => this.#notify(assignments));
  }

  async #notify(assignments: readonly string[]): Promise<void> {
    const { env, pid } = this.#options;
    try {
      await runQuietly('systemd-notify', [`--pid=${pid}`, '--no-block', ...assignments], env);
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      const message = 'the service manager could not be told';
      const fields = { reason: errorMessage(error) };
      this.#options.observer({ type: 'notice', level: 'warn', message, fields });
    }
  }
}

/** Half of what the service manager waits for (sd_watchdog_enabled(3)); undefined: no watchdog. */
function watchdogMs({ env, pid }: ServiceManagerOptions): number | undefined {
  const usec = Number(env.WATCHDOG_USEC);
  const forPid = env.WATCHDOG_PID;
  if (!Number.isFinite(usec) || usec <= 0) return undefined;
  return forPid === undefined || forPid === String(pid) ? usec / 2_000 : undefined;
}

/** @throws an error with what the command said, if it could not run or did not exit with 0. */
function runQuietly(
  command: string,
  args: readonly string[],
  env: ServiceManagerOptions['env'],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 1_000) said += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} exited with ${code ?? 'a signal'}: ${said.trim()}`));
    });
  });
}
