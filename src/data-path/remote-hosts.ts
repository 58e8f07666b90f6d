import type { Endpoint } from '../model/endpoint.js';
import type { HostAddresses, TrackedHost } from '../model/ports.js';
import type { HostState } from './messages.js';

interface Tracked {
  state: HostState;
  readonly changed: () => void;
}

const unsettled: HostState = { addresses: [], settled: false, error: undefined };

/** Host names whose addresses another thread looks up. */
export class RemoteHosts implements HostAddresses {
  readonly #track: (id: number, host: string, endpoint: Endpoint | undefined) => void;
  readonly #untrack: (id: number) => void;
  readonly #tracked = new Map<number, Tracked>();
  #ids = 0;

  constructor(
    track: (id: number, host: string, endpoint: Endpoint | undefined) => void,
    untrack: (id: number) => void,
  ) {
    this.#track = track;
    this.#untrack = untrack;
  }

  track(host: string, changed: () => void, endpoint?: Endpoint): TrackedHost {
    const id = ++this.#ids;
    const tracked: Tracked = { state: unsettled, changed };
    this.#tracked.set(id, tracked);
    this.#track(id, host, endpoint);
    const close = (): void => {
      if (this.#tracked.delete(id)) this.#untrack(id);
    };
    return {
      get addresses() {
        return tracked.state.addresses;
      },
      get settled() {
        return tracked.state.settled;
      },
      get error() {
        return tracked.state.error;
      },
      close,
    };
  }

  /** What the other thread says; late answers are for nobody. */
  resolved(id: number, state: HostState): void {
    const tracked = this.#tracked.get(id);
    if (!tracked) return;
    tracked.state = state;
    tracked.changed();
  }
}
