import { CheckedStream } from '../support/stream.js';

/** How a session talks: so many bytes at a time, and how long it thinks in between. */
interface Habit {
  readonly size: number;
  readonly everyMs: number;
}

/** Of a hundred sessions; most watch, as etcd's clients do. */
const habits: readonly { readonly upTo: number; readonly habit: Habit }[] = [
  { upTo: 80, habit: { size: 100, everyMs: 40_000 } },
  { upTo: 99, habit: { size: 400, everyMs: 4_000 } },
  { upTo: 100, habit: { size: 32_000, everyMs: 250 } },
];

interface Seat {
  readonly habit: Habit;
  stream: CheckedStream | undefined;
  opening: boolean;
  talking: boolean;
  dueAtMs: number;
}

export interface CrowdOptions {
  readonly port: number;
  readonly sessions: number;
  /** Sessions that come, say one thing and go, each second. */
  readonly churnPerSecond: number;
  /** Whether a session of this endpoint may have ended just now; '': it had not been greeted. */
  readonly mayEnd: (endpoint: string) => boolean;
}

const tickMs = 50;

/** Opens at a time: a crowd that comes at once would only fill the accept queue. */
const opensPerTick = 25;

/** Clients that keep their sessions for as long as they can, and others that come and go. */
export class Crowd {
  /** What should not have happened, a line each. */
  readonly violations: string[] = [];
  bytesChecked = 0;
  churned = 0;
  /** Sessions that ended with their endpoint, and were opened again. */
  reopened = 0;
  readonly #options: CrowdOptions;
  readonly #seats: readonly Seat[];
  #timer: NodeJS.Timeout | undefined;
  #owedChurn = 0;
  #churning = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.sessions }, (_, index) => seat(index));
  }

  /** Sessions that are open now, those that come and go left out. */
  get open(): number {
    return this.#seats.filter(({ stream }) => stream !== undefined).length;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** Everybody leaves in order, and waits for the answer to what he has said. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#churning > 0 || this.#seats.some((s) => s.opening || s.talking)) {
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    for (const one of this.#seats) await this.#leave(one);
  }

  #tick(): void {
    const nowMs = performance.now();
    const empty = this.#seats.filter(({ stream, opening }) => stream === undefined && !opening);
    for (const one of empty.slice(0, opensPerTick)) void this.#sit(one);
    for (const one of this.#seats) this.#attend(one, nowMs);
    this.#owedChurn += (this.#options.churnPerSecond * tickMs) / 1_000;
    for (; this.#owedChurn >= 1; this.#owedChurn--) void this.#visit();
  }

  #attend(one: Seat, nowMs: number): void {
    const { stream } = one;
    if (stream === undefined || one.talking) return;
    if (stream.failure !== undefined) this.#lose(one, stream);
    else if (one.dueAtMs <= nowMs) void this.#talk(one, stream);
  }

  async #sit(one: Seat): Promise<void> {
    one.opening = true;
    one.stream = await this.#open();
    one.opening = false;
    one.dueAtMs = performance.now() + Math.random() * one.habit.everyMs;
  }

  async #open(): Promise<CheckedStream | undefined> {
    try {
      return await CheckedStream.open(this.#options.port);
    } catch (error) {
      this.#blame('', String(error));
      return undefined;
    }
  }

  async #talk(one: Seat, stream: CheckedStream): Promise<void> {
    one.talking = true;
    await stream.exchange(one.habit.size);
    one.talking = false;
    one.dueAtMs = performance.now() + one.habit.everyMs * (0.5 + Math.random());
  }

  #lose(one: Seat, stream: CheckedStream): void {
    this.#blame(stream.name, stream.failure ?? '');
    this.bytesChecked += stream.bytesChecked;
    one.stream = undefined;
    this.reopened++;
  }

  async #leave(one: Seat): Promise<void> {
    const { stream } = one;
    one.stream = undefined;
    if (stream === undefined) return;
    await this.#end(stream);
  }

  async #visit(): Promise<void> {
    this.#churning++;
    const stream = await this.#open();
    if (stream !== undefined) {
      if (stream.failure === undefined) await stream.exchange(64);
      await this.#end(stream);
    }
    this.churned++;
    this.#churning--;
  }

  async #end(stream: CheckedStream): Promise<void> {
    await stream.close();
    this.bytesChecked += stream.bytesChecked;
    if (stream.failure !== undefined) this.#blame(stream.name, stream.failure);
  }

  #blame(endpoint: string, what: string): void {
    if (this.#options.mayEnd(endpoint)) return;
    this.violations.push(`a session of ${endpoint || 'no endpoint yet'}: ${what}`);
  }
}

function seat(index: number): Seat {
  const share = (index * 37) % 100;
  const habit = habits.find(({ upTo }) => share < upTo)?.habit ?? { size: 100, everyMs: 40_000 };
  return { habit, stream: undefined, opening: false, talking: false, dueAtMs: 0 };
}
