import type { Endpoint } from '../model/endpoint.js';
import type { Observer } from '../model/events.js';
import type { HostAddresses, TrackedHost } from '../model/ports.js';
import { allowedAddresses, whyUnreachable, type ReachDeps } from './reach.js';
import { Takeover, takeoverNotice } from './takeover.js';

export interface ProvenHostsDeps extends ReachDeps {
  readonly observer: Observer;
}

/**
 * Addresses of host names as those who dial them need them: where the port is known, addresses take
 * the place of others once one of them has taken a connection.
 */
export class ProvenHosts implements HostAddresses {
  readonly #deps: ProvenHostsDeps;

  constructor(deps: ProvenHostsDeps) {
    this.#deps = deps;
  }

  track(host: string, changed: () => void, endpoint?: Endpoint): TrackedHost {
    if (endpoint?.address.kind !== 'tcp') return this.#deps.hosts.track(host, changed);
    const { port } = endpoint.address;
    let addresses: readonly string[] = [];
    let isTracked = false;
    const takeover = this.#takeover(`${host}:${port}`, () => {
      addresses = (takeover.snapshot?.endpoints ?? []).flatMap(hostOf);
      if (isTracked) changed();
    });
    let refusal: string | undefined;
    const offer = (): void => {
      const { allowed, problem } = allowedAddresses(endpoint, tracked.addresses);
      refusal = problem;
      if (problem !== undefined) return; // what was known before stays
      takeover.offer({ endpoints: allowed.map((address) => endpointAt(address, port)) });
    };
    const tracked = this.#deps.hosts.track(host, () => {
      offer();
      changed();
    });
    offer();
    isTracked = true;
    return {
      get addresses() {
        return addresses;
      },
      get settled() {
        return tracked.settled;
      },
      get error() {
        return tracked.error ?? refusal ?? takeover.problem;
      },
      close: () => {
        tracked.close();
        void takeover.close();
      },
    };
  }

  #takeover(host: string, changed: () => void): Takeover {
    const { clock, random, observer } = this.#deps;
    const takeover: Takeover = new Takeover({
      ...{ clock, random, changed },
      running: () => takeover.snapshot?.endpoints ?? [],
      whyUnreachable: (endpoints, signal) => whyUnreachable(endpoints, this.#deps, signal),
      told: (problem) => observer(takeoverNotice({ host }, problem)),
    });
    return takeover;
  }
}

function endpointAt(host: string, port: number): Endpoint {
  const address = { kind: 'tcp', host, port } as const;
  return { address, weight: 1, priority: 0, maxSessions: 0, drain: false };
}

function hostOf({ address }: Endpoint): readonly string[] {
  return address.kind === 'tcp' ? [address.host] : [];
}
