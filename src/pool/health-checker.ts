import { isDeepStrictEqual } from 'node:util';

import type { HealthCheckSettings } from '../model/config.js';
import type { Observer } from '../model/events.js';
import type { Clock, Random } from '../model/ports.js';
import type { Verdict } from './health.js';
import { CheckObstacles } from './check-obstacles.js';
import { beatOf } from './health-schedule.js';
import { HealthCheckTask } from './health-check-task.js';
import type { Obstacle, Probe } from './probe.js';
import type { ProbeTarget } from './probe-result.js';
import type { UpstreamName } from './upstream.js';
import { Slots } from '../model/slots.js';

export interface HealthCheckerOptions {
  readonly gateway: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
  readonly obstacle: Obstacle;
  readonly observer: Observer;
  /**
   * Called when checks have come to another verdict about an upstream, and each time they confirm
   * that it is unhealthy; `reason` says why. Never called from inside `add`, `remove` or `checkSoon`; from inside `configure` only
   * to release upstreams when checks are turned off.
   */
  readonly onVerdict: (key: string, healthy: boolean, reason: string) => void;
}

/** Where to probe now; undefined: nothing is known yet. */
type Target = () => ProbeTarget | undefined;

/**
 * Checks the health of a gateway's upstreams, spread over the interval and a bounded number at a
 * time: with more slow upstreams than that, checks come later instead of all at once.
 */
export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #slots = new Slots(mostAtOnce);
  readonly #obstacles: CheckObstacles;
  /** None while checks are off. */
  readonly #tasks = new Map<string, HealthCheckTask>();
  /** Two processes that start together should not check together either. */
  readonly #origin: number;
  #settings: HealthCheckSettings;
  #added = 0;
  /** Aborted when the settings, or the checker itself, are no more. */
  #foreseeing = new AbortController();

  constructor(settings: HealthCheckSettings, options: HealthCheckerOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#origin = options.random();
    this.#obstacles = new CheckObstacles(options.gateway, options.observer);
    void this.#foresee(settings);
  }

  /** Why checks cannot be made; undefined if they can, or are off. */
  get obstacle(): string | undefined {
    return this.#obstacles.reason;
  }

  /**
   * `name` is told with each result; `target` is asked before each check; undefined leaves that one out. Known keys are kept. Does
   * nothing while checks are off: who turns them on adds everybody again.
   */
  add(key: string, name: UpstreamName, target: Target): void {
    if (this.#settings.type !== 'none' && !this.#tasks.has(key)) this.#begin(key, name, target);
  }

  /** Nothing is told about this key afterwards. */
  remove(key: string): void {
    this.#tasks.get(key)?.close();
    this.#tasks.delete(key);
    this.#obstacles.forget(key);
  }

  /** Takes new settings live; verdicts stand until the new checks disprove them. */
  configure(settings: HealthCheckSettings): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.#settings = settings;
    for (const task of this.#tasks.values()) task.configure(settings);
    if (settings.type === 'none') this.close();
    else void this.#foresee(settings);
  }

  /**
   * Verifies an upstream within half an interval and 2 s, as after an ejection by traffic, and tells what
   * comes out of it, even if the verdict is the one from before.
   */
  checkSoon(key: string): void {
    this.#tasks.get(key)?.checkSoon();
  }

  /** `unknown` also for keys that are not checked. */
  verdict(key: string): Verdict {
    return this.#tasks.get(key)?.verdict ?? 'unknown';
  }

  /** Idempotent; probes under way are dropped. */
  close(): void {
    this.#foreseeing.abort();
    this.#obstacles.clear();
    for (const key of this.#tasks.keys()) this.remove(key);
  }

  /** A file that cannot be used is told of at once, not only when a check wants it. */
  async #foresee(settings: HealthCheckSettings): Promise<void> {
    this.#foreseeing.abort();
    const { signal } = (this.#foreseeing = new AbortController());
    const reason = await this.#options.obstacle(settings);
    if (!signal.aborted) this.#obstacles.foresee(reason);
  }

  #begin(key: string, name: UpstreamName, target: Target): void {
    const { clock, random, probe, observer, gateway, onVerdict } = this.#options;
    const task = new HealthCheckTask(this.#settings, {
      ...{ clock, random, probe, target },
      slots: this.#slots,
      beat: beatOf(this.#added++, this.#origin),
      onResult: ({ ok, reason, durationMs, conclusive: made }) => {
        observer({ type: 'health-checked', gateway, ...name, ok, reason, durationMs, made });
        this.#obstacles.found(key, made ? undefined : reason);
      },
      onVerdict: (verdict, reason) => onVerdict(key, verdict === 'healthy', reason),
    });
    this.#tasks.set(key, task);
  }
}

/**
 * Bounds what one turn of the loop can have to do: a TLS handshake costs about 1 ms, and all that are
 * under way may become ready at once. A thousand answering upstreams need far fewer.
 */
const mostAtOnce = 32;
