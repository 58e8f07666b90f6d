import { lookup } from 'node:dns/promises';
import { errorCode } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { DnsError } from './errors.js';
import { Slots } from '../model/slots.js';

/** All addresses of a name by the system's own means (`getaddrinfo`); rejects where there are none. */
export type LookupAll = (host: string) => Promise<readonly string[]>;

export const systemLookupAll: LookupAll = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

/** `getaddrinfo` holds one of Node's four threads for as long as it takes; files need them too. */
const mostInFlight = 2;

/** The system's resolver, kept from holding up the rest. It gives no TTL and cannot be cancelled. */
export class SystemLookup {
  readonly #lookupAll: LookupAll;
  readonly #clock: Clock;
  readonly #slots = new Slots(mostInFlight);

  constructor(lookupAll: LookupAll, clock: Clock) {
    this.#lookupAll = lookupAll;
    this.#clock = clock;
  }

  /**
   * Waits for its turn and the answer, `limitMs` in all.
   * @throws DnsError
   */
  addressesOf(host: string, limitMs: number, signal: AbortSignal): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        end();
        reject(new DnsError('timeout', 'the system gave no answer in time'));
      };
      const timer = this.#clock.setTimer(limitMs, giveUp);
      let wanted = true;
      const end = (): void => {
        wanted = false;
        timer.cancel();
        signal.removeEventListener('abort', giveUp);
      };
      signal.addEventListener('abort', giveUp);
      this.#slots
        .run(async () => (wanted && !signal.aborted ? await this.#lookupAll(host) : []))
        .then(resolve, (error: unknown) => {
          reject(new DnsError('unreachable', `the system says ${errorCode(error)}`, error));
        })
        .finally(end);
    });
  }
}
