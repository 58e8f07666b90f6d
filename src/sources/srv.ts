import type { LeftOut } from '../dns/answer.js';
import type { HostLookup } from '../dns/host-lookup.js';
import { Hold } from '../dns/hold.js';
import { failureDelayMs, refreshDelayMs } from '../dns/schedule.js';
import type { DnsSettings, SrvDiscoverySettings } from '../model/config.js';
import { endpointKey, formatEndpoints, type Endpoint } from '../model/endpoint.js';
import { errorMessage } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type {
  Clock,
  EndpointSnapshot,
  EndpointSource,
  Random,
  SourceStatus,
  Timer,
  Trigger,
} from '../model/ports.js';
import { HandshakeRate } from './handshake-rate.js';
import type { IsSelf } from './reach.js';
import { SrvFailure, SrvLookup, type SrvClient } from './srv-lookup.js';
import { discoveryDomain } from './srv-names.js';
import { validateTargets } from './validate-targets.js';

export interface SrvSourceDeps {
  readonly gateway: string;
  readonly settings: SrvDiscoverySettings;
  readonly dns: DnsSettings;
  readonly client: SrvClient;
  readonly lookup: Pick<HostLookup, 'lookup'>;
  readonly isSelf: IsSelf;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly trigger: Trigger;
}

interface Found {
  readonly endpoints: readonly Endpoint[];
  readonly refused: readonly LeftOut[];
  readonly ttlMs: number;
}

/**
 * The SRV discovery of one gateway: looks again when the answer's TTL ends, and about as often after a
 * failure, which keeps the last good answer; with a backoff until there is one. Only a complete
 * answer becomes a snapshot.
 */
export class SrvSource implements EndpointSource {
  readonly #deps: SrvSourceDeps;
  readonly #lookup: SrvLookup;
  readonly #settled: Promise<void>;
  #settle: () => void = () => undefined;
  #dns: DnsSettings;
  #snapshot: EndpointSnapshot | undefined;
  #answeredAtMs: number | undefined;
  /** TTL of the last good answer. */
  #ttlMs: number | undefined;
  #error: string | undefined;
  /** Attempts in a row that found nothing, or not everything. */
  #shortfalls = 0;
  /** By target: why it was left out last. */
  #leftOut: ReadonlyMap<string, string> = new Map();
  readonly #rate: HandshakeRate;
  readonly #hold = new Hold<Endpoint>(endpointKey);
  #holdTimer: Timer | undefined;
  #timer: Timer | undefined;
  #nextAtMs: number | undefined;
  #attempt: AbortController | undefined;
  readonly #underWay = new Set<Promise<void>>();
  #closed = false;

  constructor(deps: SrvSourceDeps) {
    this.#deps = deps;
    this.#dns = deps.dns;
    this.#rate = new HandshakeRate(deps.clock);
    this.#lookup = new SrvLookup(deps.client, deps.settings);
    this.#settled = new Promise((resolve) => (this.#settle = resolve));
    this.#lookAgain();
  }

  snapshot(): EndpointSnapshot | undefined {
    return this.#snapshot;
  }

  status(): SourceStatus {
    return {
      gateway: this.#deps.gateway,
      kind: 'srv',
      subject: discoveryDomain(this.#deps.settings),
      answeredAtMs: this.#answeredAtMs,
      endpoints: this.#snapshot?.endpoints.length ?? 0,
      error: this.#error,
      nextAtMs: this.#nextAtMs,
    };
  }

  refresh(): void {
    if (!this.#attempt) this.#lookAgain();
  }

  /** New settings hold at once: what is under way is given up and begun again. */
  configure(dns: DnsSettings): void {
    this.#dns = dns;
    if (this.#snapshot && this.#use()) this.#deps.trigger('srv');
    this.#lookAgain();
  }

  settled(): Promise<void> {
    return this.#settled;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#holdTimer?.cancel();
    this.#giveUp();
    this.#settle();
    await Promise.all(this.#underWay);
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#giveUp();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const run = this.#run(attempt.signal).finally(() => this.#underWay.delete(run));
    this.#underWay.add(run);
  }

  #giveUp(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#nextAtMs = undefined;
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  /** Never rejects. An attempt that was given up changes nothing. */
  async #run(signal: AbortSignal): Promise<void> {
    try {
      const found = await this.#find(signal);
      if (signal.aborted) this.#sayStale();
      else this.#answered(found);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  async #find(signal: AbortSignal): Promise<Found> {
    const { settings, lookup, isSelf, clock } = this.#deps;
    const options = { settings: this.#dns, signal };
    const { endpoints, ttlMs, leftOut, domain } = await this.#lookup.lookup(options);
    if (settings.insecure) {
      if (!signal.aborted) this.#sayLeftOut(leftOut);
      await this.#mustLeadSomewhere(endpoints, signal);
      return { endpoints, refused: [], ttlMs };
    }
    const { accepted, refused } = await validateTargets(
      endpoints,
      settings,
      { lookup, isSelf, clock, rate: this.#rate },
      { dns: this.#dns, domain, signal },
    );
    if (!signal.aborted) this.#sayLeftOut([...leftOut, ...refused]);
    if (accepted.length === 0) throw new SrvFailure('every target was refused');
    return { endpoints: accepted, refused, ttlMs };
  }

  /**
   * An answer that has nothing in common with the last one, and nothing but names without an
   * address, would empty the pool as surely as a failed look-up.
   */
  async #mustLeadSomewhere(endpoints: readonly Endpoint[], signal: AbortSignal): Promise<void> {
    const known = new Set(this.#snapshot?.endpoints.map(endpointKey));
    if (known.size === 0 || endpoints.some((one) => known.has(endpointKey(one)))) return;
    const hosts = new Set(endpoints.flatMap((one) => hostOf(one) ?? []));
    const { lookup } = this.#deps;
    const lookups = [...hosts].map((host) => lookup.lookup(host, this.#dns, signal));
    await Promise.any(lookups).catch((error: unknown) => {
      const [first] = (error as AggregateError).errors as unknown[];
      throw new SrvFailure(`no target has an address: ${errorMessage(first)}`);
    });
  }

  #answered({ endpoints, refused, ttlMs }: Found): void {
    const { observer, gateway, trigger } = this.#deps;
    const { clock } = this.#deps;
    this.#hold.answer(
      endpoints,
      clock.nowMs(),
      refused.map(({ target }) => target),
    );
    const changed = this.#use();
    const news = this.#error !== undefined || changed;
    this.#error = undefined;
    this.#ttlMs = ttlMs;
    this.#answeredAtMs = this.#deps.clock.wallMs();
    this.#shortfalls = refused.length > 0 ? this.#shortfalls + 1 : 0;
    const nextInMs = this.#schedule(this.#delayAfter(ttlMs));
    if (news) {
      const texts = formatEndpoints(endpoints);
      observer({ type: 'source-answered', gateway, source: 'srv', endpoints: texts, nextInMs });
    }
    this.#settle();
    if (changed) trigger('srv');
  }

  /** Takes over what is named and held now; says whether that is another snapshot. */
  #use(): boolean {
    const { clock, trigger } = this.#deps;
    const { holdMs } = this.#dns;
    const items = this.#hold.items(clock.nowMs(), holdMs);
    const endpoints = holdMs > 0 ? [...items].sort(byKey) : items; // who leaves and returns reorders nothing
    const endsInMs = this.#hold.endsInMs(clock.nowMs(), holdMs);
    this.#holdTimer?.cancel();
    this.#holdTimer =
      endsInMs === undefined
        ? undefined
        : clock.setTimer(endsInMs, () => {
            if (this.#use()) trigger('srv');
          });
    if (sameEndpoints(this.#snapshot?.endpoints, endpoints)) return false;
    this.#snapshot = Object.freeze({ endpoints: Object.freeze([...endpoints]) });
    return true;
  }

  /** A refused target is looked at again before a long TTL ends: it may merely have been down. */
  #delayAfter(ttlMs: number): number {
    const { random } = this.#deps;
    const delayMs = refreshDelayMs(ttlMs, this.#dns, random);
    if (this.#shortfalls === 0) return delayMs;
    const failures = { count: this.#shortfalls, negativeTtlMs: undefined, heldTtlMs: undefined };
    return Math.min(delayMs, failureDelayMs(failures, this.#dns, random));
  }

  #failed(error: unknown): void {
    const { observer, gateway, random } = this.#deps;
    const reason = errorMessage(error);
    if (error instanceof SrvFailure && error.leftOut.length > 0) this.#sayLeftOut(error.leftOut);
    const news = this.#error !== reason;
    const negativeTtlMs = error instanceof SrvFailure ? error.negativeTtlMs : undefined;
    this.#error = reason;
    this.#shortfalls += 1;
    const failures = { count: this.#shortfalls, negativeTtlMs, heldTtlMs: this.#ttlMs };
    const nextInMs = this.#schedule(failureDelayMs(failures, this.#dns, random));
    if (news) {
      const kept = this.#snapshot?.endpoints.length ?? 0;
      observer({ type: 'source-failed', gateway, source: 'srv', reason, kept, nextInMs });
    }
    this.#settle();
  }

  #schedule(delayMs: number): number {
    const { clock } = this.#deps;
    this.#attempt = undefined;
    this.#timer = clock.setTimer(delayMs, () => this.#lookAgain());
    this.#nextAtMs = clock.wallMs() + delayMs;
    return delayMs;
  }

  /** Each once, and again only after it was gone; many in one line. */
  #sayLeftOut(leftOut: readonly LeftOut[]): void {
    const { observer, gateway } = this.#deps;
    const news = leftOut.filter(({ target, reason }) => this.#leftOut.get(target) !== reason);
    for (const { target, reason } of news.length > mostLines ? [summed(news)] : news) {
      observer({ type: 'target-refused', gateway, source: 'srv', target, reason });
    }
    this.#leftOut = new Map(leftOut.map(({ target, reason }) => [target, reason]));
  }

  #sayStale(): void {
    this.#deps.observer({
      type: 'notice',
      level: 'debug',
      message: 'a discovery answered too late and was not used',
      fields: { gateway: this.#deps.gateway, source: 'srv' },
    });
  }
}

/** More than these are told in one line. */
const mostLines = 8;
const mostReasons = 4;

function summed(leftOut: readonly LeftOut[]): LeftOut {
  const byReason = new Map<string, string[]>();
  for (const { target, reason } of leftOut) {
    const targets = byReason.get(reason);
    if (targets) targets.push(target);
    else byReason.set(reason, [target]);
  }
  const reasons = [...byReason].sort(([, a], [, b]) => b.length - a.length);
  const shown = reasons.slice(0, mostReasons).map(([reason, [first, ...more]]) => {
    return `${reason}: ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`;
  });
  const others = reasons.length > mostReasons ? ['other reasons'] : [];
  return { target: `${leftOut.length} targets`, reason: [...shown, ...others].join('; ') };
}

function hostOf({ address }: Endpoint): string | undefined {
  return address.kind === 'tcp' ? address.host : undefined;
}

function byKey(a: Endpoint, b: Endpoint): number {
  return endpointKey(a) < endpointKey(b) ? -1 : 1;
}

function sameEndpoints(a: readonly Endpoint[] | undefined, b: readonly Endpoint[]): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
