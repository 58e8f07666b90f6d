import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Applier, Clock, Discoveries } from '../../src/model/ports.js';
import type { Pool } from '../../src/pool/pool.js';
import type { Sabotage } from './control-plane.js';
import type { LivePools } from './live-pools.js';
import { simulate, SimulationFailure } from './simulate.js';

const test = suite('simulation');

test('keeps every promise through days of faults, whatever the seed', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const report = await simulate({ seed, hours: 40 });
  assert.ok(report.faults > 50 && report.ejections > 0 && report.sessions > 500);
});

test('lives the same life again with the same seed', async () => {
  const once = await simulate({ seed: 7, hours: 10 });
  assert.equal(await simulate({ seed: 7, hours: 10 }), once);
});

/** A discovery whose answer is changed on its way to the reconciler. */
function answering(snapshot: (real: Discoveries) => Discoveries['snapshot']): Sabotage {
  const discoveries = (real: Discoveries): Discoveries => ({
    sync: (gateways) => real.sync(gateways),
    snapshot: snapshot(real),
    statuses: () => real.statuses(),
    refresh: () => real.refresh(),
    settled: () => real.settled(),
    close: () => real.close(),
  });
  return { discoveries };
}

/** Each pool is tampered with whenever a plan has been carried out. */
function tampering(tamper: (pool: Pool) => void): Sabotage {
  const live = (real: LivePools): Applier => ({
    prepare: async (plan, desired) => {
      const prepared = await real.prepare(plan, desired);
      const commit = (): number => {
        const draining = prepared.commit();
        for (const { pool } of real.gateways.values()) tamper(pool);
        return draining;
      };
      return { ...prepared, commit };
    },
  });
  return { live };
}

const stranger = { kind: 'tcp', host: '127.0.0.1', port: 2379 } as const;

function bound(clock: Clock): Pick<Clock, 'nowMs' | 'wallMs'> {
  return { nowMs: () => clock.nowMs(), wallMs: () => clock.wallMs() };
}

/** What a defect would do, and what the invariants say of it. */
const sabotages: readonly (readonly [string, RegExp, Sabotage])[] = [
  [
    'a failed look-up empties the pool',
    /was emptied/,
    answering((real) => (gateway) => {
      const status = real.statuses().find((one) => one.gateway === gateway);
      return status?.error === undefined ? real.snapshot(gateway) : { endpoints: [] };
    }),
  ],
  [
    'an address is used that nobody has named',
    /which no source has ever said/,
    answering((real) => (gateway) => {
      const endpoint = { address: stranger, weight: 1, priority: 0, maxSessions: 0, drain: false };
      return real.snapshot(gateway) && { endpoints: [endpoint] };
    }),
  ],
  [
    'the first answer stays for ever',
    /members of .* are /,
    answering((real) => {
      const first = new Map<string, ReturnType<Discoveries['snapshot']>>();
      return (gateway) => {
        if (!first.has(gateway)) first.set(gateway, real.snapshot(gateway));
        return first.get(gateway);
      };
    }),
  ],
  [
    'a plan closes the sessions of those that it takes out',
    /a session on .* was closed: drain-timeout/,
    {
      live: (real) => ({
        prepare: async (plan, desired) => {
          const prepared = await real.prepare(plan, desired);
          const removed = new Set(plan.updated.flatMap((one) => one.endpoints.removed));
          const commit = (): number => {
            const draining = prepared.commit();
            for (const { pool } of real.gateways.values()) {
              const left = pool.upstreams().filter(({ endpoint }) => removed.has(endpoint));
              for (const session of left.flatMap((one) => [...one.sessions])) {
                session.close('drain-timeout');
              }
            }
            return draining;
          };
          return { ...prepared, commit };
        },
      }),
    },
  ],
  [
    'a reload forgets what was known of an endpoint',
    /lost its history/,
    {
      live: (real) => ({
        prepare: async (plan, desired) => {
          const prepared = await real.prepare(plan, desired);
          const commit = (): number => {
            for (const { pool } of real.gateways.values()) pool.apply([], pool.settings);
            return prepared.commit();
          };
          return { ...prepared, commit };
        },
      }),
    },
  ],
  [
    'a plan is announced and not carried out',
    /gateways are none/,
    {
      live: () => ({
        prepare: () => Promise.resolve({ commit: () => 0, rollback: () => Promise.resolve() }),
      }),
    },
  ],
  [
    'the same answer is another one at each look',
    /a second look was applied/,
    answering((real) => {
      let looks = 0;
      return (gateway) => {
        const snapshot = real.snapshot(gateway);
        const weight = 1 + (looks++ % 7);
        return snapshot && { endpoints: snapshot.endpoints.map((one) => ({ ...one, weight })) };
      };
    }),
  ],
  [
    'an upstream is taken out and those who choose are not told',
    /prefers an unhealthy upstream to a healthy one/,
    tampering(({ picker }) => {
      const first = picker.preferred().find(({ state }) => state.kind === 'healthy');
      const state = { kind: 'ejected', sinceMs: 0, retryAtMs: undefined } as const;
      first?.setState({ ...state, cause: 'dial', reason: 'refused' });
    }),
  ],
  [
    'an ejected upstream never returns',
    /does not return|is still ejected/,
    { retry: () => () => Promise.resolve({ ok: false, reason: 'no', conclusive: true }) },
  ],
  [
    'one that drains takes sessions again',
    /a run failed: upstream .* cannot go from draining to healthy/,
    tampering((pool) => {
      const draining = pool.upstreams().find(({ state }) => state.kind === 'draining');
      draining?.setState({ kind: 'healthy', sinceMs: 0 });
    }),
  ],
  [
    'clients are refused as if there were no upstreams',
    /refused a client while .* was there for it/,
    tampering(({ picker }) => {
      picker.pick = () => undefined;
      picker.fallbacks = () => [];
    }),
  ],
  [
    'every wait is a millisecond',
    /timers in \d+ min/,
    { clock: (real) => ({ ...bound(real), setTimer: (_ms, due) => real.setTimer(1, due) }) },
  ],
  [
    'timers outlive those who have set them',
    /timers outlive their owners|timers in \d+ min|was closed: drain-timeout/,
    {
      clock: (real) => ({
        ...bound(real),
        setTimer: (delayMs, due) => {
          real.setTimer(delayMs, due);
          return { cancel: () => undefined };
        },
      }),
    },
  ],
];

for (const [what, verdict, sabotage] of sabotages) {
  test(`notices when ${what}`, async () => {
    try {
      await simulate({ seed: 4, hours: 20, sabotage });
    } catch (error) {
      assert.instance(error, SimulationFailure);
      assert.match(String(error), verdict);
      return;
    }
    assert.unreachable('nothing was noticed');
  });
}

test.run();
