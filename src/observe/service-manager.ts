import { spawn } from 'node:child_process';

import { errorMessage } from '../model/errors.js';
import type { GatewayEvent, Observer } from '../model/events.js';
import type { RejectedVerdict, Verdict } from '../model/plan.js';
import type { Clock, Timer } from '../model/ports.js';
import { formatProblem } from '../model/problem.js';

export interface ServiceManagerOptions {
  /** What the service manager has set: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUsec: () => bigint;
  /** Resolves when the data path answers: without that the watchdog is not fed. */
  readonly alive: () => Promise<unknown>;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** One message may take this long; systemd-notify(1) itself waits 5 s for the service manager. */
const notifyTimeoutMs = 10_000;

/** What closing the rest may take after the sessions have ended. */
const closingMs = 10_000;

const longestStatus = 500;

/**
 * Tells the service manager how the process is, as sd_notify(3) does; silent where there is none.
 *
 * Node has no unix datagram sockets, so systemd-notify(1) sends the messages, and the unit needs
 * `NotifyAccess=all`. It waits until the manager has read each one: a sender that is gone by then
 * can no longer be told to belong to the unit, and its message would be dropped.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #watchdogMs: number | undefined;
  #watchdog: Timer | undefined;
  #status = 'starting';
  /** READY has been sent; before it, and while a reload runs, a status goes with the next one. */
  #isReady = false;
  #statusQueued = false;
  #hasFailed = false;
  /** One after the other: they must arrive in order. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#watchdogMs = watchdogMs(options);
  }

  /** Takes every event; the status follows what became of the configuration, whoever asked. */
  readonly observe = (event: GatewayEvent): void => {
    if (event.type !== 'reconciled') return;
    const status = statusOf(event.verdict);
    if (status === this.#status) return;
    this.#status = status;
    this.#sendStatus();
  };

  /** Serving; also the end of a reload, whatever came of it. */
  ready(): void {
    this.#isReady = true;
    this.#send(() => ['READY=1', `STATUS=${this.#status}`]);
    this.#watch();
  }

  /**
   * `ready` must follow. For reloads that the service manager may have asked for
   * (`Type=notify-reload`): one that a change of the file causes shows in the status alone.
   */
  reloading(): void {
    this.#isReady = false;
    const now = this.#options.monotonicUsec();
    this.#send(() => ['RELOADING=1', `MONOTONIC_USEC=${now}`]);
  }

  /** Asks for as much time as the sessions have been granted, whatever TimeoutStopSec says. */
  stopping(drainMs: number): void {
    this.#isReady = false;
    this.#unwatch();
    const extendUsec = Math.ceil(drainMs + closingMs) * 1_000;
    const status = 'STATUS=sessions finish, no new ones are taken';
    this.#send(() => ['STOPPING=1', `EXTEND_TIMEOUT_USEC=${extendUsec}`, status]);
  }

  /** Resolves when what was said has been sent. Idempotent. */
  async close(): Promise<void> {
    this.#unwatch();
    await this.#tail;
  }

  #sendStatus(): void {
    if (!this.#isReady || this.#statusQueued) return;
    this.#statusQueued = true;
    this.#send(() => {
      this.#statusQueued = false;
      return [`STATUS=${this.#status}`];
    });
  }

  #watch(): void {
    if (this.#watchdogMs === undefined) return;
    this.#watchdog?.cancel();
    this.#watchdog = this.#options.clock.setTimer(this.#watchdogMs, () => void this.#feed());
  }

  #unwatch(): void {
    this.#watchdog?.cancel();
    this.#watchdog = undefined;
  }

  async #feed(): Promise<void> {
    const fed = this.#watchdog;
    await this.#options.alive();
    if (this.#watchdog !== fed) return; // a reload or the shutdown has come between
    this.#send(() => ['WATCHDOG=1']);
    this.#watch();
  }

  /** `assignments` is asked when its turn has come. */
  #send(assignments: () => readonly string[]): void {
    if (!this.#options.env.NOTIFY_SOCKET) return;
    this.#tail = this.#tail.then(() => this.#notify(assignments()));
  }

  async #notify(assignments: readonly string[]): Promise<void> {
    const { NOTIFY_SOCKET, PATH } = this.#options.env;
    const flags = [`--pid=${this.#options.pid}`, ...assignments];
    try {
      await runQuietly('systemd-notify', flags, { NOTIFY_SOCKET, PATH });
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      const message = 'the service manager could not be told';
      const fields = { reason: errorMessage(error) };
      this.#options.observer({ type: 'notice', level: 'warn', message, fields });
    }
  }
}

/** In the log's words. */
const outcomes: Readonly<Record<RejectedVerdict['at'], string>> = {
  configuration: 'refused',
  apply: 'could not be applied',
};

/** One line: a reason quotes the file, and a line break in it would begin another assignment. */
function statusOf(verdict: Verdict): string {
  if (verdict.outcome !== 'rejected') return `serving, generation ${verdict.generation}`;
  const [problem] = verdict.problems;
  const why = problem === undefined ? verdict.reason : formatProblem(verdict.source, problem);
  const what = `configuration ${outcomes[verdict.at]}`;
  const line =
    verdict.generation === 0
      ? `${what}, nothing is started: ${why}`
      : `serving generation ${verdict.generation}, ${what}: ${why}`;
  return line.replace(/\p{C}+/gu, ' ').slice(0, longestStatus);
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
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: notifyTimeoutMs, killSignal: 'SIGKILL' } as const;
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], ...limits });
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
