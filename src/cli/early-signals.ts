import { close, url } from 'node:inspector';

const kept = ['SIGHUP', 'SIGTERM', 'SIGINT'] as const;

type KeptSignal = (typeof kept)[number];

/**
 * Takes signals from the first line of the program on, so that one that comes while it still starts
 * does what it does later. SIGUSR1 does nothing: Node would open its inspector, through which every
 * user of the machine could run code in this process.
 */
export class EarlySignals {
  readonly #process: NodeJS.Process;
  #pending: readonly KeptSignal[] = [];
  readonly #handlers = new Map<KeptSignal, () => void>();

  constructor(process: NodeJS.Process) {
    this.#process = process;
    process.on('SIGUSR1', ignore);
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

  /** For a command that has no use for them: they do what they do to any program. */
  release(): void {
    for (const signal of kept) this.#process.off(signal, this.#take);
    for (const signal of this.#pending) this.#process.kill(this.#process.pid, signal);
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
