import { close, url } from 'node:inspector';

/** SIGXCPU: the limit of CPU time is near. SIGPWR: the power fails, or a container is to halt. */
export const endingSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGXCPU', 'SIGPWR'] as const;

/** By default they end a process, and nobody means that by them here. */
export const idleSignals = [
  ...(['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO'] as const),
  ...(['SIGSTKFLT', 'SIGXFSZ'] as const),
];

/**
 * Each signal that ends a process by default and can be caught; SIGKILL and real-time signals cannot,
 * and those of a crash (SIGSEGV and its like) would come again at once.
 */
const kept = ['SIGHUP', ...endingSignals, ...idleSignals, 'SIGABRT'] as const;

export type KeptSignal = (typeof kept)[number];
export type EndingSignal = (typeof endingSignals)[number];

/**
 * Takes signals from the first line of the program on, so that one that comes while it still starts
 * does what it does later. SIGUSR1 must never reach Node, which would open its inspector: through that
 * every user of the machine could run code in this process.
 */
export class EarlySignals {
  readonly #process: NodeJS.Process;
  #pending: readonly KeptSignal[] = [];
  readonly #handlers = new Map<KeptSignal, () => void>();

  constructor(process: NodeJS.Process) {
    this.#process = process;
    for (const signal of kept) process.on(signal, this.#take);
    this.#closeInspector();
    setImmediate(() => this.#closeInspector());
  }

  /**
   * A SIGUSR1 that came before any JavaScript ran has opened it, and opens it again in the first turn
   * of the event loop: Node asks for it in two ways.
   */
  #closeInspector(): void {
    if (url() !== undefined && !this.#isInspectorWanted()) close();
  }

  /** What has come by now counts. */
  on(signal: KeptSignal, handler: () => void): void {
    this.#handlers.set(signal, handler);
    const due = this.#pending.filter((one) => one === signal);
    this.#pending = this.#pending.filter((one) => one !== signal);
    due.forEach(handler);
  }

  /** For a command that has no use for them: they do what they do to any program, SIGUSR1 nothing. */
  release(): void {
    for (const signal of kept) if (signal !== 'SIGUSR1') this.#process.off(signal, this.#take);
    this.on('SIGUSR1', ignore);
    for (const signal of this.#pending) this.#process.kill(this.#process.pid, signal);
  }

  /** The process ends by this signal, as if nobody had caught it. */
  dieBy(signal: KeptSignal): void {
    this.#process.off(signal, this.#take);
    this.#process.kill(this.#process.pid, signal);
  }

  #isInspectorWanted(): boolean {
    const { execArgv, env } = this.#process;
    return [...execArgv, env.NODE_OPTIONS ?? ''].some((one) => one.includes('--inspect'));
  }

  readonly #take = (signal: KeptSignal): void => {
    const handler = this.#handlers.get(signal);
    if (handler) handler();
    else this.#pending = [...this.#pending, signal];
  };
}

function ignore(): void {
  // deliberately empty
}
