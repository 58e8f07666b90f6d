import type { GatewayEvent, Observer } from '../model/events.js';

/** So many events may be on their way before those of single sessions are dropped. */
const mostUnderWay = 20_000;

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
  /** What the main thread has taken: one number, written there. */
  readonly #taken: Int32Array;
  #sent = 0;
  #dropped = 0;
  /** Whether anybody wants to know of each session. */
  isDebug = false;

  constructor(send: Observer, taken: SharedArrayBuffer) {
    this.#send = send;
    this.#taken = new Int32Array(taken);
  }

  readonly observe: Observer = (event) => {
    if (event.type === 'session-closed' && !this.isDebug) return; // only the log tells of it
    if (ofOneSession.has(event.type)) {
      if (this.#isFull()) {
        this.#dropped += 1;
        return;
      }
      this.#tellDropped();
    }
    this.#sendOne(event);
  };

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
