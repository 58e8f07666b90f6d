import { formatAddress, isSameListener, type Address } from '../model/address.js';
import { GatewayError } from '../model/errors.js';
import { Listener, type ListenerDeps } from './listener.js';

/** First file descriptor that a service manager passes on (sd_listen_fds(3)). */
const firstFd = 3;

export interface ActivationEnv {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
}

export interface PassedSocket {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit; for people. */
  readonly name: string;
}

/** More than a unit file ever names, and few enough to be tried. */
const mostSockets = 1024;

/**
 * The sockets that were passed to this process; none if they were meant for another one.
 * @throws GatewayError when there is no such number of them.
 */
export function passedSockets({ env, pid }: ActivationEnv): readonly PassedSocket[] {
  const text = env.LISTEN_FDS ?? '';
  if (text === '' || env.LISTEN_PID !== String(pid)) return [];
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
  if (count > mostSockets) throw wrongCount(text);
  const names = (env.LISTEN_FDNAMES ?? '').split(':');
  return Array.from({ length: count }, (_, index) => ({
    fd: firstFd + index,
    name: names[index] ?? '',
  }));
}

function wrongCount(text: string): GatewayError {
  const shown = text.length > 20 ? `${text.slice(0, 20)}…` : text;
  return new GatewayError(
    `LISTEN_FDS=${JSON.stringify(shown)} is no number of passed sockets from 0 to ${mostSockets}`,
    { code: 'EINVAL', side: 'system' },
  );
}

/**
 * Opens the passed sockets as listeners. Clients that come before a gateway serves them wait: so a
 * restart under socket activation refuses nobody.
 * @throws GatewayError naming the socket that is none to listen on.
 */
export async function openPassedSockets(
  sockets: readonly PassedSocket[],
  deps: ListenerDeps,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  for (const { fd, name } of sockets) listeners.push(await Listener.adopt(fd, name, deps));
  return listeners;
}

/**
 * The passed sockets that are in use or may come to be. Whoever passed them holds them too, so
 * closing ours frees no address, and one that is closed cannot be had again: none is let go for a
 * moment, and each is known under every name of its address.
 */
export class PassedListeners {
  readonly #deps: Pick<ListenerDeps, 'observer'>;
  #held: readonly Listener[];

  constructor(held: readonly Listener[], deps: Pick<ListenerDeps, 'observer'>) {
    this.#held = held;
    this.#deps = deps;
  }

  owns(listener: Listener): boolean {
    return this.#held.includes(listener);
  }

  has(address: Address): boolean {
    return this.#held.some((listener) => isSameListener(listener.address, address));
  }

  /** Those that a configuration uses, by its names for them; the others are closed for good. */
  claim(wanted: ReadonlyMap<string, { readonly address: Address }>): Map<string, Listener> {
    const claimed = new Map<string, Listener>();
    for (const listener of this.#held) {
      const claim = [...wanted].find(([, { address }]) =>
        isSameListener(address, listener.address),
      );
      if (claim) claimed.set(claim[0], listener);
      else this.#discard(listener);
    }
    this.#held = [...claimed.values()];
    return claimed;
  }

  #discard(listener: Listener): void {
    listener.close();
    const message = 'closed a passed socket that is no listen-addr of any gateway';
    const fields = { listener: formatAddress(listener.address) };
    this.#deps.observer({ type: 'notice', level: 'warn', message, fields });
  }
}
