import type { Config } from '../model/config.js';
import type { DesiredState } from '../model/desired-state.js';
import { errorMessage, GatewayError } from '../model/errors.js';
import type { Observer } from '../model/events.js';
import type {
  AppliedVerdict,
  PlanSummary,
  Preview,
  RejectedVerdict,
  Verdict,
} from '../model/plan.js';
import type {
  Applier,
  Clock,
  ConfigReading,
  ConfigSource,
  Discoveries,
  Prepared,
  Timer,
} from '../model/ports.js';
import { diff, isEmpty } from './diff.js';
import { merge, type IsDrained } from './merge.js';
import { summarize } from './plan-summary.js';

export interface ReconcilerDeps {
  readonly config: ConfigSource;
  readonly discoveries: Discoveries;
  /** Prepared in this order and committed in this order. */
  readonly appliers: readonly Applier[];
  readonly observer: Observer;
  readonly clock: Clock;
  /** Absent: a person drains none. */
  readonly isDrained?: IsDrained;
}

/** The parts of a verdict that every outcome has. */
interface RunFacts {
  readonly reconcileId: number;
  readonly trigger: string;
  readonly asked: boolean;
  readonly startedMs: number;
}

export interface Accepted {
  readonly config: Config;
  readonly hash: string;
}

export interface History {
  /** Number of desired states applied so far. */
  readonly generation: number;
  readonly last: Verdict | undefined;
  readonly lastApplied: AppliedVerdict | undefined;
  readonly lastRejected: RejectedVerdict | undefined;
}

type Attempt =
  | { readonly ok: true; readonly plan: PlanSummary | undefined; readonly sessionsDraining: number }
  | Failure;

type Preparation = { readonly ok: true; readonly parts: readonly Prepared[] } | Failure;

interface Failure {
  readonly ok: false;
  readonly reason: string;
  /** Not for what the configuration says, but for what this machine has: that can change by itself. */
  readonly isPassing: boolean;
}

/** A configuration that could not be applied, until another one is read or it can be. */
interface Refused {
  readonly hash: string;
  /** Why; each reason is told once. */
  readonly told: Set<string>;
  readonly retryInMs: number;
}

const firstRetryMs = 1_000;
const longestRetryMs = 10_000;

/**
 * The one loop: reads everything, merges, diffs, applies.
 *
 * Level-based: a trigger only says "look again". Single-flight: one run at a time, and triggers
 * during a run cause exactly one more. A run that fails leaves what runs untouched.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #waiting = new Set<string>();
  #isAsked = false;
  #next: Promise<Verdict> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #generation = 0;
  #current: DesiredState | undefined;
  /** The configuration that runs: stands in for one that is refused. */
  #accepted: Accepted | undefined;
  #last: Verdict | undefined;
  #lastApplied: AppliedVerdict | undefined;
  #lastRejected: RejectedVerdict | undefined;
  #refused: Refused | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  get current(): DesiredState | undefined {
    return this.#current;
  }

  /** The configuration behind `current`. */
  get accepted(): Accepted | undefined {
    return this.#accepted;
  }

  /** For those who ask later. */
  history(): History {
    return {
      generation: this.#generation,
      last: this.#last,
      lastApplied: this.#lastApplied,
      lastRejected: this.#lastRejected,
    };
  }

  /**
   * Looks again; resolves with the verdict of a run that starts after this call. `asked`: somebody
   * wants to know what came of it.
   */
  request(trigger: string, { asked = false } = {}): Promise<Verdict> {
    this.#waiting.add(trigger);
    this.#isAsked ||= asked;
    this.#next ??= this.#enqueue();
    return this.#next;
  }

  /** What a run would do that read this. Nothing is prepared: an address that is busy is not found. */
  preview(reading: ConfigReading): Preview {
    const source = this.#deps.config.name;
    if (reading.kind === 'missing') {
      return { outcome: 'rejected', source, reason: reading.reason, problems: [] };
    }
    if (reading.kind === 'invalid') {
      const { problems } = reading;
      return { outcome: 'rejected', source, reason: mistakesIn(reading), problems };
    }
    const { discoveries, isDrained } = this.#deps;
    const snapshotOf = (gateway: string) => discoveries.snapshot(gateway);
    const desired = merge(reading.config, snapshotOf, this.#current, isDrained);
    const plan = diff(this.#current, desired);
    if (isEmpty(plan)) return { outcome: 'dry-run' };
    return { outcome: 'dry-run', plan: summarize(plan, this.#current, desired) };
  }

  /** No run starts after it; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#tail;
  }

  #enqueue(): Promise<Verdict> {
    const run = this.#tail.then(() => this.#run());
    this.#tail = run.catch(() => undefined); // the requester is the one who is told
    return run;
  }

  async #run(): Promise<Verdict> {
    const { clock, config } = this.#deps;
    const facts: RunFacts = {
      reconcileId: ++this.#runs,
      trigger: [...this.#waiting].join(', '),
      asked: this.#isAsked,
      startedMs: clock.nowMs(),
    };
    this.#waiting.clear();
    this.#isAsked = false;
    this.#next = undefined;
    this.#retry?.cancel();
    if (this.#closed) return this.#rejected(facts, 'apply', 'the gateway is shutting down');
    const reading = config.latest();
    const verdict =
      reading.kind === 'config'
        ? await this.#useNew(facts, reading)
        : await this.#keepAccepted(facts, reading);
    if (facts.asked || this.#isNews(verdict)) this.#conclude(verdict);
    return verdict;
  }

  async #useNew(facts: RunFacts, reading: Accepted): Promise<Verdict> {
    const attempt = await this.#attempt(reading);
    if (attempt.ok) {
      this.#refused = undefined;
      return this.#succeeded(facts, attempt);
    }
    await this.#followDiscoveries(facts);
    const retryInMs = this.#refuse(reading.hash, attempt);
    const verdict = this.#rejected(facts, 'apply', attempt.reason);
    return { ...verdict, ...(retryInMs !== undefined && { retryInMs }) };
  }

  /** Has it tried again by itself, if that may help; returns when. */
  #refuse(hash: string, { isPassing }: Failure): number | undefined {
    const known = this.#refused?.hash === hash ? this.#refused : undefined;
    const retryInMs = known ? Math.min(2 * known.retryInMs, longestRetryMs) : firstRetryMs;
    this.#refused = { hash, told: known?.told ?? new Set(), retryInMs };
    if (!isPassing || !this.#accepted || this.#closed) return undefined;
    const again = (): void => void this.request('retry');
    this.#retry = this.#deps.clock.setTimer(retryInMs, again);
    return retryInMs;
  }

  /** Whether it says something that has not been told of this configuration. */
  #isNews(verdict: Verdict): boolean {
    if (verdict.outcome !== 'rejected' || verdict.at !== 'apply' || !this.#refused) return true;
    const { told } = this.#refused;
    const isNews = !told.has(verdict.reason);
    told.add(verdict.reason);
    return isNews;
  }

  async #keepAccepted(
    facts: RunFacts,
    reading: Exclude<ConfigReading, { kind: 'config' }>,
  ): Promise<Verdict> {
    this.#refused = undefined;
    await this.#followDiscoveries(facts);
    if (reading.kind === 'missing') return this.#rejected(facts, 'configuration', reading.reason);
    return {
      ...this.#rejected(facts, 'configuration', mistakesIn(reading)),
      problems: reading.problems,
    };
  }

  /** A refused configuration must not hold up what the discoveries say about the running one. */
  async #followDiscoveries(facts: RunFacts): Promise<void> {
    if (!this.#accepted) return;
    const attempt = await this.#attempt(this.#accepted);
    if (attempt.ok && attempt.plan) {
      this.#conclude(this.#succeeded(facts, attempt));
    }
  }

  #conclude(verdict: Verdict): void {
    this.#last = verdict;
    if (verdict.outcome === 'applied') this.#lastApplied = verdict;
    if (verdict.outcome === 'rejected') this.#lastRejected = verdict;
    this.#deps.observer({ type: 'reconciled', verdict });
  }

  async #attempt(accepted: Accepted): Promise<Attempt> {
    const { config } = accepted;
    const { discoveries, isDrained } = this.#deps;
    const snapshotOf = (gateway: string) => discoveries.snapshot(gateway);
    const desired = merge(config, snapshotOf, this.#current, isDrained);
    const plan = diff(this.#current, desired);
    if (isEmpty(plan)) {
      this.#accept(accepted);
      return { ok: true, plan: undefined, sessionsDraining: 0 };
    }
    const summary = summarize(plan, this.#current, desired);
    const prepared = await this.#prepareAll((applier) => applier.prepare(plan, desired));
    if (!prepared.ok) return prepared;
    // from here on nothing fails: an error is a defect, and goes on as one
    let sessionsDraining = 0;
    for (const part of prepared.parts) sessionsDraining += await part.commit();
    this.#current = desired;
    this.#generation += 1;
    this.#accept(accepted);
    return { ok: true, plan: summary, sessionsDraining };
  }

  async #prepareAll(prepare: (applier: Applier) => Promise<Prepared>): Promise<Preparation> {
    const parts: Prepared[] = [];
    try {
      for (const applier of this.#deps.appliers) parts.push(await prepare(applier));
      return { ok: true, parts };
    } catch (error) {
      for (const part of parts.reverse()) await part.rollback();
      const isPassing = error instanceof GatewayError && error.side === 'system';
      return { ok: false, reason: errorMessage(error), isPassing };
    }
  }

  #accept({ config, hash }: Accepted): void {
    this.#accepted = { config, hash };
    this.#deps.discoveries.sync(config.gateways);
  }

  #succeeded(facts: RunFacts, attempt: Extract<Attempt, { ok: true }>): Verdict {
    const base = this.#base(facts);
    if (!attempt.plan) {
      const lastApplied = this.#lastApplied;
      return { outcome: 'unchanged', ...base, ...(lastApplied && { lastApplied }) };
    }
    const { plan, sessionsDraining } = attempt;
    return { outcome: 'applied', ...base, plan, sessionsDraining };
  }

  #rejected(facts: RunFacts, at: RejectedVerdict['at'], reason: string): RejectedVerdict {
    const source = this.#deps.config.name;
    return { outcome: 'rejected', ...this.#base(facts), at, source, reason, problems: [] };
  }

  #base(
    facts: RunFacts,
  ): Omit<RejectedVerdict, 'outcome' | 'at' | 'source' | 'reason' | 'problems'> {
    const { clock } = this.#deps;
    return {
      reconcileId: facts.reconcileId,
      trigger: facts.trigger,
      ...(facts.asked && { asked: true }),
      atMs: clock.wallMs(),
      durationMs: clock.nowMs() - facts.startedMs,
      generation: this.#generation,
    };
  }
}

function mistakesIn({ file, problems }: Extract<ConfigReading, { kind: 'invalid' }>): string {
  return `${file} has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}`;
}
