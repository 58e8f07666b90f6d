import type { GatewayEvent, Observer } from '../model/events.js';

/** So many events may be on their way before those of single sessions are dropped. */
const mostUnderWay = 20_000;

/** So many dials are told of at once. */
const mostDials = 4_096;

/** Only the log tells of them, at debug or with `log.sessions`. */
const ofLog: ReadonlySet<GatewayEvent['type']> = new Set(['session-closed', 'dial-connected']);

/** How long dials of a gateway took to connect, in ms. */
export type TellDials = (gateway: string, durationsMs: Float64Array) => void;

/** Events of single sessions: there may be any number of them. */
const ofOneSession: ReadonlySet<GatewayEvent['type']> = new Set([
  'session-closed',
  'dial-connected',
  'dial-failed',
  'client-refused',
]);

/**
 * Events on their way to the main thread. While it does not take them, those of single sessions are
 * dropped and counted, and changes of state go on.
 */
export class EventOutbox {
  readonly #send: Observer;
  readonly #sendDials: TellDials;
  /** How long each dial took to connect, in ms, by gateway. */
  readonly #dials = new Map<string, number[]>();
  /** What the main thread has taken: one number, written there. */
  readonly #taken: Int32Array;
  #sent = 0;
  #dropped = 0;
  /** Whether anybody wants to know of each session. */
  isDebug = false;

  constructor(send: Observer, sendDials: TellDials, taken: SharedArrayBuffer) {
    this.#send = send;
    this.#sendDials = sendDials;
    this.#taken = new Int32Array(taken);
  }

  readonly observe: Observer = (event) => {
    if (event.type === 'dial-connected') this.#dialed(event.gateway, event.durationMs);
    if (ofLog.has(event.type) && !this.isDebug) return;
    if (ofOneSession.has(event.type)) {
      if (this.#isFull()) {
        this.#dropped += 1;
        return;
      }
      this.#tellDropped();
    }
    this.#sendOne(event);
  };

  /** Sends what has been put together by now. */
  flush(): void {
    for (const [gateway, durations] of this.#dials) {
      this.#sendDials(gateway, Float64Array.from(durations));
    }
    this.#dials.clear();
  }

  #dialed(gateway: string, durationMs: number): void {
    const durations = this.#dials.get(gateway) ?? [];
    this.#dials.set(gateway, durations);
    durations.push(durationMs);
    if (durations.length >= mostDials) this.flush();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const fields = { events: this.#dropped };
    this.#dropped = 0;
    const message = 'events of sessions were not told: the main thread was busy';
    this.#sendOne({ type: 'notice', level: 'warn', message, fields });
  }

  #sendOne(event: GatewayEvent): void {
    this.#sent = (this.#sent + 1) | 0;
    this.#send(event);
  }

  #isFull(): boolean {
    return ((this.#sent - Atomics.load(this.#taken, 0)) | 0) >= mostUnderWay;
  }
}
