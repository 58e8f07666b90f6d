import { TlsContexts } from '../../src/etcd/tls-files.js';
import { systemClock } from '../../src/model/clock.js';
import type { GatewaySettings } from '../../src/model/config.js';
import type { DesiredGateway } from '../../src/model/desired-state.js';
import type { Endpoint } from '../../src/model/endpoint.js';
import type { GatewayEvent, SessionClosedEvent } from '../../src/model/events.js';
import type { PreparedHere, Random } from '../../src/model/ports.js';
import { createObstacle, createProbe } from '../../src/pool/probe.js';
import { createRetry, createRetryAttempt, type Retry } from '../../src/pool/retry.js';
import type { Gateway } from '../../src/proxy/gateway.js';
import { LiveGateways } from '../../src/proxy/live-gateways.js';
import { LoopGuard } from '../../src/proxy/loop-guard.js';
import { SessionBudget } from '../../src/proxy/session-budget.js';
import type { Sides } from '../../src/model/side.js';
import { joinViews, type GatewayView } from '../../src/model/views.js';
import { addressOf, desiredGateway, desiredState, endpointsAt, settingsWith } from './desired.js';
import { TestHosts } from './pool-bench.js';
import { freePort } from './ports.js';
import type { Scope } from './scope.js';
import { systemSides } from './system-sides.js';
import { until } from './until.js';

export interface MainOptions {
  readonly endpoints: readonly (string | Endpoint)[];
  readonly settings?: Partial<GatewaySettings>;
  /** Addresses; default: the one that `Live` was opened with. */
  readonly listen?: readonly string[];
  readonly name?: string;
}

/** In place of the system's. */
export interface LiveParts {
  readonly sides?: Sides;
  /** `firstFirst` where a test needs to know who gets the first session. */
  readonly random?: Random;
  /** Asks an upstream whether it is alive. */
  readonly retry?: Retry;
}

/** Begins every rotation at the first endpoint. */
export const firstFirst: Random = () => 0;

/** Gateways with real sockets in this process, on the system's clock, without a configuration. */
export class Live {
  readonly events: GatewayEvent[] = [];
  readonly budget = new SessionBudget(10_000);
  readonly gateways: LiveGateways;
  readonly port: number;

  constructor(port: number, { sides = systemSides, random = Math.random, retry }: LiveParts = {}) {
    this.port = port;
    const clock = systemClock;
    const contexts = new TlsContexts(clock);
    const probe = createProbe(clock, contexts);
    const loops = new LoopGuard(clock);
    this.gateways = new LiveGateways({
      ...{ clock, probe, loops, sides, random, hosts: new TestHosts() },
      ...{ budget: this.budget, namesClients: () => true, obstacle: createObstacle(contexts) },
      observer: (event) => this.events.push(event),
      retry:
        retry ?? createRetry(createRetryAttempt(clock, probe), (address) => loops.isSelf(address)),
    });
  }

  /** As one reload: all of it or nothing. Returns how many sessions drain. */
  async apply(...gateways: readonly MainOptions[]): Promise<number> {
    const desired = desiredState(...gateways.map((one) => this.#desired(one)));
    return (await this.gateways.prepare(desired)).commit();
  }

  /** The first half of a reload: what comes of it is up to the test. */
  async prepare(...gateways: readonly MainOptions[]): Promise<PreparedHere> {
    return this.gateways.prepare(desiredState(...gateways.map((one) => this.#desired(one))));
  }

  views(): readonly GatewayView[] {
    return joinViews(this.gateways.viewParts());
  }

  gateway(name = 'main'): Gateway {
    const found = this.gateways.gateways().find(({ gateway }) => gateway === name);
    if (!found) throw new Error(`no gateway ${name} runs`);
    return found;
  }

  /** Ended sessions, as they were told. */
  get closed(): readonly SessionClosedEvent[] {
    return this.events.filter((event) => event.type === 'session-closed');
  }

  /** Waits for the end of the session number `count`, and returns how that was. */
  async sessionClosed(count = 1): Promise<SessionClosedEvent> {
    return until(() => this.closed[count - 1], { what: `the end of session ${count}` });
  }

  happened(type: GatewayEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  #desired({ name = 'main', endpoints, settings, listen }: MainOptions): DesiredGateway {
    return desiredGateway({
      name,
      listen: (listen ?? [`127.0.0.1:${this.port}`]).map(addressOf),
      endpoints: endpointsAt(...endpoints),
      settings: settingsWith(settings),
    });
  }
}

/** A gateway `main`; at the end of the test no session may be left in the books. */
export async function withLive(scope: Scope, main: MainOptions, parts?: LiveParts): Promise<Live> {
  const live = new Live(await freePort(), parts);
  scope.defer(() => {
    live.gateways.destroy();
    if (live.budget.open !== 0) throw new Error(`${live.budget.open} sessions were never released`);
  });
  await live.apply(main);
  return live;
}
