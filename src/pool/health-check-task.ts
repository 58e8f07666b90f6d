import { closing } from '../etcd/time-limit.js';
import type { HealthCheckSettings } from '../model/config.js';
import type { Clock, Random, Timer } from '../model/ports.js';
import { nextHealth, unknownHealth, type Health, type Verdict } from './health.js';
import { delayToBeat, delayToExtra, delayToFirst, type Beat } from './health-schedule.js';
import type { Probe } from './probe.js';
import type { ProbeResult, ProbeTarget } from './probe-result.js';
import type { Slots } from '../model/slots.js';

export interface CheckTaskOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
  readonly slots: Slots;
  readonly beat: Beat;
  /** Where to probe now; undefined: no address is known yet, this check is left out. */
  readonly target: () => ProbeTarget | undefined;
  readonly onResult: (result: ProbeResult) => void;
  /**
   * Called when the verdict has become another one, never with `unknown`, and each time a check
   * confirms `unhealthy`: whoever let the upstream back in meanwhile is told that it still fails.
   */
  readonly onVerdict: (verdict: Verdict, reason: string) => void;
}

/** The checks of one upstream: at most one at a time, one timer between two. */
export class HealthCheckTask {
  readonly #options: CheckTaskOptions;
  #settings: HealthCheckSettings;
  #health: Health = unknownHealth;
  #timer: Timer | undefined;
  /** When the timer is due. */
  #dueMs = Infinity;
  /** Aborted when the check under way is dropped; the same for all checks until then: one each costs. */
  #dropping = new AbortController();
  #isRunning = false;
  #again = false;
  #closed = false;

  constructor(settings: HealthCheckSettings, options: CheckTaskOptions) {
    this.#settings = settings;
    this.#options = options;
    if (settings.type !== 'none') this.#wait(delayToFirst(options.beat, settings.intervalMs));
  }

  get verdict(): Verdict {
    return this.#health.verdict;
  }

  /** A check under way is dropped: it was made under other settings. The verdict stands until disproved. */
  configure(settings: HealthCheckSettings): void {
    this.#interrupt();
    this.#settings = settings;
    this.#health = { ...this.#health, streak: 0, lastOk: undefined };
    if (settings.type === 'none') this.#passUnchecked();
    else this.#wait(delayToFirst(this.#options.beat, settings.intervalMs));
  }

  /**
   * Forgets the verdict and checks within half an interval and 2 s; the next verdict is told even if it is the
   * same as before. A check under way may have begun before what makes this one necessary, so another
   * one follows it. At random, because what has happened may have happened to a whole fleet.
   */
  checkSoon(): void {
    if (this.#closed || this.#settings.type === 'none') return;
    this.#health = unknownHealth;
    this.#again = true;
    if (!this.#isRunning) this.#hasten();
  }

  /** Idempotent; nothing is told after it. */
  close(): void {
    this.#closed = true;
    this.#interrupt();
  }

  #interrupt(): void {
    this.#timer?.cancel();
    this.#dueMs = Infinity;
    this.#again = false;
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#dropping.abort(closing());
    this.#dropping = new AbortController();
  }

  /** Without checks nobody may stay out because of one. */
  #passUnchecked(): void {
    const wasOut = this.#health.verdict === 'unhealthy';
    this.#health = unknownHealth;
    if (wasOut) this.#options.onVerdict('healthy', 'health checks are off');
  }

  /** A check that is due earlier is not put off. */
  #hasten(): void {
    const { clock, random } = this.#options;
    const delayMs = delayToExtra(this.#settings.intervalMs, random);
    if (clock.nowMs() + delayMs < this.#dueMs) this.#wait(delayMs);
  }

  #wait(delayMs: number): void {
    this.#timer?.cancel();
    this.#dueMs = this.#options.clock.nowMs() + delayMs;
    this.#timer = this.#options.clock.setTimer(delayMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    this.#dueMs = Infinity;
    const { signal } = this.#dropping;
    const urgent = this.#again;
    this.#isRunning = true;
    this.#again = false;
    const result = await this.#options.slots.run(() => this.#probe(signal), urgent);
    if (signal.aborted) return;
    this.#isRunning = false;
    if (result) this.#take(result);
    this.#next();
  }

  async #probe(signal: AbortSignal): Promise<ProbeResult | undefined> {
    const target = signal.aborted ? undefined : this.#options.target();
    return target && this.#options.probe(target, this.#settings, signal);
  }

  #take(result: ProbeResult): void {
    this.#options.onResult(result);
    if (!result.conclusive || this.#again) return;
    const before = this.#health.verdict;
    this.#health = nextHealth(this.#health, result.ok, this.#settings);
    const { verdict } = this.#health;
    const isConfirmed = verdict === 'unhealthy' && !result.ok;
    if (verdict !== before || isConfirmed) this.#options.onVerdict(verdict, result.reason);
  }

  /** A callback may have closed or reconfigured this task, or asked for another check. */
  #next(): void {
    if (this.#closed || this.#isRunning || this.#settings.type === 'none') return;
    const { clock, random, beat } = this.#options;
    this.#wait(delayToBeat(beat, clock.nowMs(), this.#settings.intervalMs, random));
    if (this.#again) this.#hasten();
  }
}
