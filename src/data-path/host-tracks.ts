import type { Endpoint } from '../model/endpoint.js';
import type { HostAddresses, TrackedHost } from '../model/ports.js';
import type { HostState } from './messages.js';

/** The main thread's part of `RemoteHosts`. */
export class HostTracks {
  readonly #hosts: HostAddresses;
  readonly #tell: (id: number, state: HostState) => void;
  readonly #tracked = new Map<number, TrackedHost>();

  constructor(hosts: HostAddresses, tell: (id: number, state: HostState) => void) {
    this.#hosts = hosts;
    this.#tell = tell;
  }

  track(id: number, name: string, endpoint: Endpoint | undefined): void {
    const changed = (): void => {
      const { addresses, settled, error } = host;
      this.#tell(id, { addresses, settled, error });
    };
    const host = this.#hosts.track(name, changed, endpoint);
    this.#tracked.set(id, host);
    if (host.settled || host.addresses.length > 0) changed();
  }

  untrack(id: number): void {
    this.#tracked.get(id)?.close();
    this.#tracked.delete(id);
  }

  close(): void {
    for (const id of [...this.#tracked.keys()]) this.untrack(id);
  }
}
