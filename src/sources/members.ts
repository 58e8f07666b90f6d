import type { Peer } from '../etcd/connect.js';
import { explainFailure } from '../etcd/explain.js';
import { withTimeLimit } from '../etcd/time-limit.js';
import type { MemberDiscoverySettings } from '../model/config.js';
import { endpointKey, formatEndpoints, type Endpoint } from '../model/endpoint.js';
import { errorMessage, GatewayError } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import { jittered } from '../model/jitter.js';
import type {
  Clock,
  EndpointSnapshot,
  EndpointSource,
  HostAddresses,
  Random,
  SourceStatus,
  Trigger,
} from '../model/ports.js';
import { formatId, type MemberList } from './members-answer.js';
import { chooseEndpoints, sameEndpoints, type Choice, type Refusal } from './members-choice.js';
import type { MemberClient } from './members-client.js';
import { AttemptLoop } from './members-loop.js';
import { Peers } from './members-peers.js';
import { itself, type IsSelf } from './reach.js';

export interface MemberSourceOptions {
  readonly gateway: string;
  readonly settings: MemberDiscoverySettings;
  /** Asked at each attempt. Where the user changes them, build a new source: he may mean another cluster. */
  readonly seeds: () => readonly Endpoint[];
  readonly client: Pick<MemberClient, 'list'>;
  readonly hosts: HostAddresses;
  readonly isSelf: IsSelf;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly trigger: Trigger;
}

/**
 * The member list of a live cluster as an endpoint set. Members known so far are asked first, then the
 * seeds; the first answer pins the cluster, and answers from another one are refused ever after.
 */
export class MemberSource implements EndpointSource {
  readonly #options: MemberSourceOptions;
  readonly #peers: Peers;
  readonly #loop: AttemptLoop;
  #snapshot: EndpointSnapshot | undefined;
  #clusterId: bigint | undefined;
  #answeredAtMs: number | undefined;
  #error: string | undefined;
  #failures = 0;
  #refused: ReadonlySet<string> = new Set();

  /** Begins at once. */
  constructor(options: MemberSourceOptions) {
    const { clock, hosts, random } = options;
    this.#options = options;
    this.#peers = new Peers(hosts, random);
    this.#loop = new AttemptLoop(clock, (signal) => this.#attempt(signal));
    this.#loop.now();
  }

  snapshot(): EndpointSnapshot | undefined {
    return this.#snapshot;
  }

  status(): SourceStatus {
    return {
      gateway: this.#options.gateway,
      kind: 'members',
      subject: formatEndpoints(this.#options.seeds()).join(', '),
      answeredAtMs: this.#answeredAtMs,
      endpoints: this.#snapshot?.endpoints.length ?? 0,
      error: this.#error,
      nextAtMs: this.#loop.nextAtMs,
    };
  }

  refresh(): void {
    this.#loop.now();
  }

  settled(): Promise<void> {
    return this.#loop.settled();
  }

  async close(): Promise<void> {
    await this.#loop.close();
    this.#peers.close();
  }

  async #attempt(signal: AbortSignal): Promise<number> {
    const candidates = this.#candidates();
    this.#peers.follow(candidates);
    const reasons: string[] = [];
    const refused: Refusal[] = [];
    for (const candidate of candidates) {
      const outcome = await this.#ask(candidate, signal);
      if (signal.aborted) return 0;
      if (outcome.ok) return this.#accept(outcome.choice, refused);
      if (outcome.ours) return this.#fail([outcome.reason], refused); // whoever else is asked
      reasons.push(outcome.reason);
      if (outcome.foreign) refused.push({ target: endpointKey(candidate), reason: outcome.reason });
    }
    return this.#fail(reasons, refused);
  }

  /** Members before seeds, each in random order so that no one of them is asked every time. */
  #candidates(): readonly Endpoint[] {
    const { seeds, random } = this.#options;
    const members = this.#snapshot?.endpoints ?? [];
    const known = new Set(members.map(endpointKey));
    const others = seeds().filter((seed) => !known.has(endpointKey(seed)));
    return [members, others].flatMap((group) => shuffled(group, random).slice(0, mostOfEach));
  }

  async #ask(candidate: Endpoint, signal: AbortSignal): Promise<Outcome> {
    const who = endpointKey(candidate);
    try {
      const list = await withTimeLimit(
        this.#options.clock,
        timeLimitMs,
        signal,
        async (limited) => {
          const peer: Peer = await this.#peers.peer(candidate, limited);
          if (this.#options.isSelf(peer.address)) throw itself();
          return this.#options.client.list(peer, limited);
        },
      );
      return this.#judge(list, who);
    } catch (error) {
      if (error instanceof GatewayError && error.side === 'config') {
        return { ok: false, reason: errorMessage(error), foreign: false, ours: true };
      }
      const reason = explainFailure(error, this.#options.settings.tls !== undefined);
      return { ok: false, reason: `${who}: ${reason}`, foreign: false };
    }
  }

  #judge(list: MemberList, who: string): Outcome {
    if (this.#clusterId !== undefined && list.clusterId !== this.#clusterId) {
      const [theirs, ours] = [formatId(list.clusterId), formatId(this.#clusterId)];
      const reason = `${who}: belongs to cluster ${theirs}, this gateway serves ${ours}`;
      return { ok: false, reason, foreign: true };
    }
    const scheme = this.#options.settings.tls === undefined ? 'http' : 'https';
    const choice = chooseEndpoints(list.members, {
      scheme,
      seeds: this.#options.seeds(),
      located: (seed) => this.#peers.located(seed),
    });
    if (choice.endpoints.length === 0)
      return { ok: false, reason: noneUsable(who, choice), foreign: false };
    this.#clusterId = list.clusterId;
    return { ok: true, choice };
  }

  #accept({ endpoints, refused }: Choice, foreign: readonly Refusal[]): number {
    const { gateway, clock, trigger, observer } = this.#options;
    const changed = !sameEndpoints(this.#snapshot?.endpoints, endpoints);
    const recovered = this.#error !== undefined;
    const nextInMs = this.#jittered(this.#options.settings.intervalMs);
    this.#snapshot = Object.freeze({ endpoints: Object.freeze(endpoints) });
    this.#answeredAtMs = clock.wallMs();
    this.#error = undefined;
    this.#failures = 0;
    this.#tellRefused([...refused, ...foreign]);
    if (changed || recovered) {
      const names = formatEndpoints(endpoints);
      observer({ type: 'source-answered', gateway, source: 'members', endpoints: names, nextInMs });
    }
    if (changed) trigger('members');
    return nextInMs;
  }

  #fail(reasons: readonly string[], refused: readonly Refusal[]): number {
    const { gateway, observer, settings } = this.#options;
    // Sorted: the order of asking is random and must not make the same failure look like a new one.
    const reason =
      [...reasons].sort().slice(0, mostReasons).join('; ') || 'there is no seed to ask';
    const told = this.#error === reason;
    const backoffMs = Math.min(
      settings.intervalMs,
      firstBackoffMs * 2 ** Math.min(this.#failures, 16),
    );
    const nextInMs = this.#jittered(backoffMs);
    this.#failures++;
    this.#error = reason;
    this.#tellRefused(refused);
    if (!told) {
      const kept = this.#snapshot?.endpoints.length ?? 0;
      observer({ type: 'source-failed', gateway, source: 'members', reason, kept, nextInMs });
    }
    return nextInMs;
  }

  /** Each refusal once, and again only after it was gone. */
  #tellRefused(refused: readonly Refusal[]): void {
    const { gateway, observer } = this.#options;
    const before = this.#refused;
    this.#refused = new Set(refused.map(({ target, reason }) => `${target} ${reason}`));
    for (const { target, reason } of refused) {
      if (before.has(`${target} ${reason}`)) continue;
      observer({ type: 'target-refused', gateway, source: 'members', target, reason });
    }
  }

  #jittered(delayMs: number): number {
    return Math.round(jittered(delayMs, this.#options.random));
  }
}

type Outcome =
  | { readonly ok: true; readonly choice: Choice }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly foreign: boolean;
      readonly ours?: true;
    };

/** For one candidate, resolving its name included. */
const timeLimitMs = 5000;
const firstBackoffMs = 1000;
/** Bounds one attempt: members, and as many seeds, that are asked in turn. */
const mostOfEach = 8;
const mostReasons = 3;

function noneUsable(who: string, { refused }: Choice): string {
  const [first] = refused;
  if (first === undefined) return `${who}: no voting member has started`;
  return `${who}: no member has a usable client URL: ${first.target}: ${first.reason}`;
}

/** The Fisher-Yates shuffle. */
function shuffled<T>(values: readonly T[], random: Random): T[] {
  const rest = [...values];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return result;
}
