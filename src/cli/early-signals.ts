import { close, url } from 'node:inspector';

const kept = ['SIGHUP', 'SIGTERM', 'SIGINT'] as const;

export type KeptSignal = (typeof kept)[number];

/**
 * Takes signals from the moment this module is loaded, so that one that comes while the program
 * still starts does what it does later. SIGUSR1 does nothing: Node would open its inspector, through
 * which every user of the machine could run code in this process.
 */
class EarlySignals {
  readonly #pending: KeptSignal[] = [];
  readonly #handlers = new Map<KeptSignal, () => void>();

  constructor() {
    process.on('SIGUSR1', ignore);
    for (const signal of kept) process.on(signal, this.#take);
    closeInspector();
  }

  /** What has come by now counts. */
  on(signal: KeptSignal, handler: () => void): void {
    this.#handlers.set(signal, handler);
    const due = this.#pending.filter((one) => one === signal);
    for (let left = due.length; left > 0; left -= 1) {
      this.#pending.splice(this.#pending.indexOf(signal), 1);
      handler();
    }
  }

  /** For a command that has no use for them: they do what they do to any program. */
  release(): void {
    for (const signal of kept) process.off(signal, this.#take);
    for (const signal of this.#pending.splice(0)) process.kill(process.pid, signal);
  }

  readonly #take = (signal: KeptSignal): void => {
    const handler = this.#handlers.get(signal);
    if (handler) handler();
    else this.#pending.push(signal);
  };
}

/** A SIGUSR1 that came before any JavaScript ran has opened it, or will when Node gets round to it. */
export function closeInspector(): void {
  if (url() !== undefined && !isWanted()) close();
}

function isWanted(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((one) =>
    one.includes('--inspect'),
  );
}

function ignore(): void {
  // deliberately empty
}

export const earlySignals = new EarlySignals();
