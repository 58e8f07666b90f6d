import { createSecureContext, type SecureContext } from 'node:tls';
import type { LeftOut } from '../dns/answer.js';
import type { Family, HostLookup } from '../dns/host-lookup.js';
import { Slots } from '../model/slots.js';
import { checkCertificates, separateBlocks } from '../etcd/pem.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import { readTrustedRoots } from '../etcd/trusted-roots.js';
import { formatAddress } from '../model/address.js';
import type { DnsSettings, SrvDiscoverySettings } from '../model/config.js';
import type { Endpoint } from '../model/endpoint.js';
import { errorMessage } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import type { HandshakeRate } from './handshake-rate.js';
import { allowedAddresses, itself, type IsSelf } from './reach.js';
import { discoveryDomain } from './srv-names.js';
import { verifyServer } from './verify-target.js';

export interface Validation {
  readonly accepted: readonly Endpoint[];
  readonly refused: readonly LeftOut[];
}

export interface ValidationDeps {
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly isSelf: IsSelf;
  readonly clock: Clock;
  readonly rate: Pick<HandshakeRate, 'turn'>;
}

export interface ValidationOptions {
  readonly dns: DnsSettings;
  /** Where the records were found: the discovery's domain, or that one below a search domain. */
  readonly domain: string;
  readonly signal: AbortSignal;
}

/** For one address, and for a whole target with the look-up of its name. */
const handshakeLimitMs = 3_000;
const targetLimitMs = 6_000;
const mostHandshakes = 8;
/** A target is good if one of its addresses is; more than these are not looked at. */
const mostAddresses = 4;

/**
 * Completes a TLS handshake with each target, and parts those whose certificate is verified from
 * the others.
 * @throws GatewayError where the trusted roots cannot be read: then nothing is known of any target
 */
export async function validateTargets(
  endpoints: readonly Endpoint[],
  settings: SrvDiscoverySettings,
  deps: ValidationDeps,
  options: ValidationOptions,
): Promise<Validation> {
  const secureContext = await trust(settings.trustedCaFile);
  const target = new TargetCheck(
    [discoveryDomain(settings), options.domain],
    secureContext,
    deps,
    options,
  );
  const slots = new Slots(mostHandshakes);
  const reasons = await Promise.all(
    endpoints.map((endpoint) => slots.run(() => target.problemOf(endpoint))),
  );
  return {
    accepted: endpoints.filter((_, index) => reasons[index] === undefined),
    refused: endpoints.flatMap(({ address }, index) => {
      const reason = reasons[index];
      return reason === undefined ? [] : [{ target: formatAddress(address), reason }];
    }),
  };
}

async function trust(caFile: string | undefined): Promise<SecureContext> {
  const key = 'trusted-ca-file';
  const roots = await readTrustedRoots(key, caFile);
  if (roots === undefined) return createSecureContext();
  if (caFile !== undefined) checkCertificates(key, caFile, roots);
  return createSecureContext({ ca: separateBlocks(roots) });
}

class TargetCheck {
  readonly #domains: readonly [string, string];
  readonly #secureContext: SecureContext;
  readonly #deps: ValidationDeps;
  readonly #options: ValidationOptions;

  constructor(
    domains: readonly [string, string],
    secureContext: SecureContext,
    deps: ValidationDeps,
    options: ValidationOptions,
  ) {
    this.#domains = domains;
    this.#secureContext = secureContext;
    this.#deps = deps;
    this.#options = options;
  }

  /** Why the endpoint must not be used; undefined: it may. Never rejects. */
  async problemOf(endpoint: Endpoint): Promise<string | undefined> {
    const { address } = endpoint;
    if (address.kind === 'unix') return 'a unix socket is no SRV target';
    const { host, port } = address;
    try {
      return await withTimeLimit(this.#deps.clock, targetLimitMs, this.#options.signal, (limited) =>
        this.#firstProblem(endpoint, host, port, limited),
      );
    } catch (error) {
      return errorMessage(error);
    }
  }

  async #firstProblem(
    endpoint: Endpoint,
    host: string,
    port: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { allowed, problem } = allowedAddresses(endpoint, await this.#addressesOf(host, signal));
    let first = problem;
    for (const address of allowed) {
      await this.#deps.rate.turn(signal);
      const problem = await this.#verify(host, address, port, signal);
      if (problem === undefined) return undefined;
      first ??= problem;
    }
    return first ?? 'it has no address';
  }

  async #addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const { ipv4, ipv6 } = await this.#deps.lookup.lookup(host, this.#options.dns, signal);
    return [...addressesIn(ipv4), ...addressesIn(ipv6)].slice(0, mostAddresses);
  }

  #verify(
    host: string,
    address: string,
    port: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (this.#deps.isSelf({ kind: 'tcp', host: address, port })) {
      return Promise.resolve(errorMessage(itself()));
    }
    return verifyServer({
      address,
      port,
      names: this.#namesFor(host),
      secureContext: this.#secureContext,
      limitMs: handshakeLimitMs,
      clock: this.#deps.clock,
      signal,
    });
  }

  /** A host elsewhere must not vouch for itself: whoever answers for the DNS could name any. */
  #namesFor(host: string): readonly [string, ...string[]] {
    const [domain, found] = this.#domains;
    const isBelow = this.#domains.some((each) => host.endsWith(`.${each}`));
    const others = [...(found === domain ? [] : [found]), ...(isBelow ? [host] : [])];
    return [domain, ...others];
  }
}

function addressesIn(family: Family): readonly string[] {
  return family.kind === 'addresses' ? family.addresses : [];
}
