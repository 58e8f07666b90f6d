import type { GatewayEvent } from '../../model/events.js';
import type { Clock, Timer } from '../../model/ports.js';

import { lineOf } from './events.js';
import type { Log } from './log.js';

export type ClientRefused = Extract<GatewayEvent, { readonly type: 'client-refused' }>;

/** A dial that failed because this machine is at a limit. */
export type DialFailed = Extract<GatewayEvent, { readonly type: 'dial-failed' }>;

/** At most one line per gateway and reason in this time, however many clients knock. */
const summaryEveryMs = 10_000;

/** Logs the first refusal of its kind at once, and those that follow as a number now and then; failed dials too. */
export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  /** By gateway and reason: the latest, and how many have not been told. */
  readonly #untold = new Map<string, { latest: ClientRefused | DialFailed; count: number }>();
  #timer: Timer | undefined;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  add(event: ClientRefused | DialFailed): void {
    const key = `${event.gateway} ${event.type} ${event.reason}`;
    const known = this.#untold.get(key);
    if (known) {
      known.latest = event;
      known.count += 1;
      return;
    }
    this.#untold.set(key, { latest: event, count: 0 });
    this.#write(event, {});
    this.#timer ??= this.#clock.setTimer(summaryEveryMs, () => this.#summarize());
  }

  /** Tells what has not been told. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#tellUntold();
    this.#untold.clear();
  }

  #summarize(): void {
    this.#timer = undefined;
    this.#tellUntold();
    if (this.#untold.size === 0) return;
    this.#timer = this.#clock.setTimer(summaryEveryMs, () => this.#summarize());
  }

  /** A kind that was quiet is forgotten: its next refusal is told at once again. */
  #tellUntold(): void {
    for (const [key, kind] of this.#untold) {
      if (kind.count === 0) this.#untold.delete(key);
      else this.#write(kind.latest, counted(kind.latest, kind.count));
      kind.count = 0;
    }
  }

  #write(event: ClientRefused | DialFailed, counted: Readonly<Record<string, number>>): void {
    const { level, message, fields } = lineOf(event);
    this.#log.write(level, message, { ...fields, ...counted });
  }
}

function counted({ type }: GatewayEvent, count: number): Readonly<Record<string, number>> {
  return {
    [type === 'client-refused' ? 'refused' : 'failed']: count,
    withinMs: summaryEveryMs,
  };
}
