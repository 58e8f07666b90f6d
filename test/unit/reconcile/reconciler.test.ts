import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { GatewayError, type ErrorSide } from '../../../src/model/errors.js';
import type { Config } from '../../../src/model/config.js';
import type { DesiredState } from '../../../src/model/desired-state.js';
import { endpointKey } from '../../../src/model/endpoint.js';
import type { Plan, Verdict } from '../../../src/model/plan.js';
import type { Applier, ConfigReading, EndpointSnapshot } from '../../../src/model/ports.js';
import { Reconciler } from '../../../src/reconcile/reconciler.js';
import { addressOf, configOf, endpointsAt, gatewayConfig } from '../../support/desired.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';

const test = suite('reconciler');

/** An applier that does as told and writes down what was asked of it. */
class Recorder implements Applier {
  readonly log: string[] = [];
  /** Fails a preparation for which it gives a reason. */
  refuses: (desired: DesiredState) => string | undefined = () => undefined;
  /** What a preparation waits for. */
  gate: Promise<void> = Promise.resolve();
  side: ErrorSide = 'system';
  draining = 0;
  /** Called by each commit. */
  committing: () => void = () => undefined;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  async prepare(
    _plan: Plan,
    desired: DesiredState,
  ): Promise<{ commit(): number; rollback(): Promise<void> }> {
    this.log.push(`${this.#name} prepares`);
    await this.gate;
    const reason = this.refuses(desired);
    if (reason) throw new GatewayError(reason, { code: 'E', side: this.side });
    return {
      commit: () => {
        this.log.push(`${this.#name} commits`);
        this.committing();
        return this.draining;
      },
      rollback: async () => void this.log.push(`${this.#name} rolls back`),
    };
  }
}

class Bench {
  readonly first = new Recorder('first');
  readonly second = new Recorder('second');
  readonly clock = new FakeClock();
  readonly verdicts: Verdict[] = [];
  readonly synced: number[] = [];
  reading: ConfigReading = read(1);
  answer: EndpointSnapshot | undefined;
  readonly reconciler: Reconciler;

  constructor() {
    this.reconciler = new Reconciler({
      config: {
        name: '/etc/gateway.yaml',
        latest: () => this.reading,
        refresh: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      discoveries: {
        sync: (gateways) => this.synced.push(gateways.length),
        snapshot: () => this.answer,
        statuses: () => [],
        refresh: () => undefined,
        settled: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      appliers: [this.first, this.second],
      observer: (event) => {
        if (event.type === 'reconciled') this.verdicts.push(event.verdict);
      },
      clock: this.clock,
    });
  }

  get outcomes(): string[] {
    return this.verdicts.map(({ outcome }) => outcome);
  }

  get endpoints(): string[] {
    return (this.reconciler.current?.gateways.get('main')?.endpoints ?? []).map(endpointKey);
  }

  get log(): readonly string[] {
    return [...this.first.log, ...this.second.log];
  }
}

test('applies the first configuration, and says of the same one that it is unchanged', async () => {
  const bench = new Bench();
  const applied = await bench.reconciler.request('start');
  assert.is(applied.outcome, 'applied');
  assert.is(applied.generation, 1);
  const again = await bench.reconciler.request('SIGHUP');
  assert.is(again.outcome, 'unchanged');
  assert.is(again.generation, 1);
  assert.equal(bench.log.filter((line) => line.endsWith('prepares')).length, 2);
});

test('takes over the text of an unchanged configuration', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = { ...read(1), hash: 'other' };
  await bench.reconciler.request('file');
  assert.is(bench.reconciler.accepted?.hash, 'other');
});

test('runs one at a time, and once more for all triggers that come meanwhile', async () => {
  const bench = new Bench();
  const open = hold(bench.first);
  const running = bench.reconciler.request('start');
  await until(() => bench.log.length > 0, { what: 'the first run to prepare' });
  const later = ['file', 'srv', 'file'].map((reason) => bench.reconciler.request(reason));
  assert.equal(bench.log, ['first prepares']);
  bench.reading = read(2);
  open();
  await running;
  const verdicts = await Promise.all(later);
  assert.is(verdicts[0]?.asked, undefined);
  assert.is(new Set(verdicts).size, 1);
  assert.is(verdicts[0]?.trigger, 'file, srv');
  assert.equal(
    bench.verdicts.map(({ reconcileId }) => reconcileId),
    [1, 2],
  );
});

test('shows the requester what stands when the run begins, not when it was asked for', async () => {
  const bench = new Bench();
  const open = hold(bench.first);
  const running = bench.reconciler.request('start');
  const asked = bench.reconciler.request('start');
  assert.is(running, asked);
  bench.reading = read(7);
  open();
  await asked;
  assert.equal(bench.endpoints, ['10.0.0.7:2379']);
});

test('prepares all before it commits any', async () => {
  const bench = new Bench();
  const order: string[] = [];
  for (const part of [bench.first, bench.second]) {
    part.log.push = (...lines) => order.push(...lines);
  }
  await bench.reconciler.request('start');
  assert.equal(order, ['first prepares', 'second prepares', 'first commits', 'second commits']);
});

test('rolls back what was prepared when a later part refuses, and changes nothing', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = read(2);
  bench.second.refuses = () => 'the address is busy';
  const verdict = await bench.reconciler.request('file');
  if (verdict.outcome !== 'rejected') throw new Error(verdict.outcome);
  assert.is(verdict.reason, 'the address is busy');
  assert.is(verdict.at, 'apply');
  assert.equal(bench.first.log.slice(2), ['first prepares', 'first rolls back']);
  assert.equal(bench.endpoints, ['10.0.0.1:2379']);
  assert.is(verdict.generation, 1);
});

test('says of a run whether somebody asked for it, also where a change did so too', async () => {
  const bench = new Bench();
  assert.is((await bench.reconciler.request('start')).asked, undefined);
  const both = [
    bench.reconciler.request('SIGHUP', { asked: true }),
    bench.reconciler.request('file'),
  ];
  for (const verdict of await Promise.all(both)) assert.is(verdict.asked, true);
  assert.is((await bench.reconciler.request('file')).asked, undefined);
});

test('tries a refused plan again at the next trigger', async () => {
  const bench = new Bench();
  bench.second.refuses = () => 'busy';
  assert.is((await bench.reconciler.request('start')).outcome, 'rejected');
  bench.second.refuses = () => undefined;
  assert.is((await bench.reconciler.request('retry')).outcome, 'applied');
});

/** Every retry that falls due in this time has ended. */
async function pass(bench: Bench, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    bench.clock.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('tries by itself what the system refuses, after 1 s and ever longer up to 10 s, until it can be had', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.first.refuses = () => 'busy';
  bench.reading = read(2);
  await bench.reconciler.request('file');
  const delays: (number | undefined)[] = [];
  for (let n = 0; n < 6; n += 1) {
    const [delay = 0] = bench.clock.delaysMs;
    delays.push(delay);
    await pass(bench, delay);
  }
  assert.equal(delays, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(bench.outcomes, ['applied', 'rejected'], 'told once');
  bench.first.refuses = () => undefined;
  await pass(bench, 10_000);
  assert.equal(bench.outcomes, ['applied', 'rejected', 'applied']);
  assert.is(bench.verdicts.at(-1)?.trigger, 'retry');
  assert.equal(bench.clock.delaysMs, []);
});

test('tells each reason once for one content of the file, and every time to those who ask', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = read(2);
  for (const reason of ['a busy', 'b busy', 'a busy', 'b busy']) {
    bench.first.refuses = () => reason;
    await bench.reconciler.request('srv');
  }
  const reasons = (): string[] =>
    bench.verdicts.flatMap((one) => (one.outcome === 'rejected' ? [one.reason] : []));
  assert.equal(reasons(), ['a busy', 'b busy']);
  await bench.reconciler.request('admin', { asked: true });
  assert.equal(reasons(), ['a busy', 'b busy', 'b busy']);
  bench.reading = read(3);
  await bench.reconciler.request('file');
  assert.equal(reasons(), ['a busy', 'b busy', 'b busy', 'b busy']);
  await bench.reconciler.close();
  assert.equal(bench.clock.delaysMs, []);
});

test('tries no more what another content of the file has replaced, and begins anew with that', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.first.refuses = () => 'busy';
  bench.reading = read(2);
  await bench.reconciler.request('file');
  await pass(bench, 3_000);
  assert.equal(bench.clock.delaysMs, [4_000]);
  bench.reading = read(3);
  await bench.reconciler.request('file');
  assert.equal(bench.clock.delaysMs, [1_000]);
  for (const reading of [wrong, read(1)]) {
    bench.reading = reading;
    await bench.reconciler.request('file');
    assert.equal(bench.clock.delaysMs, []);
    bench.reading = read(3);
    await bench.reconciler.request('file');
    assert.equal(bench.clock.delaysMs, [1_000]);
  }
});

test('does not try by itself what the configuration is to blame for, nor the first one', async () => {
  const bench = new Bench();
  bench.first.refuses = () => 'busy';
  await bench.reconciler.request('start');
  assert.equal(bench.clock.delaysMs, []);
  bench.first.refuses = () => undefined;
  await bench.reconciler.request('start');
  bench.first.refuses = () => 'no token';
  bench.first.side = 'config';
  bench.reading = read(2);
  await bench.reconciler.request('file');
  assert.equal(bench.clock.delaysMs, []);
});

test('calls a commit that fails a defect, not a plan that could not be applied', async () => {
  const bench = new Bench();
  const defect = new Error('a commit cannot fail');
  bench.second.committing = () => {
    throw defect;
  };
  const outcome = await bench.reconciler.request('start').catch((error: unknown) => error);
  assert.is(outcome, defect);
  assert.equal(bench.verdicts, []);
  bench.second.committing = () => undefined;
  assert.is((await bench.reconciler.request('again')).outcome, 'applied');
});

test('counts the sessions that drain over all parts', async () => {
  const bench = new Bench();
  bench.first.draining = 3;
  bench.second.draining = 4;
  const verdict = await bench.reconciler.request('start');
  assert.ok(verdict.outcome === 'applied' && verdict.sessionsDraining === 7);
});

test('refuses a wrong file with all its mistakes, and goes on with the one before', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = wrong;
  const verdict = await bench.reconciler.request('file');
  if (verdict.outcome !== 'rejected') throw new Error(verdict.outcome);
  assert.is(verdict.at, 'configuration');
  assert.is(verdict.problems, wrong.problems);
  assert.is(verdict.reason, 'gateway.yaml has 2 mistakes');
  assert.equal(bench.endpoints, ['10.0.0.1:2379']);
});

test('follows discoveries while the file is wrong or missing', async () => {
  const bench = new Bench();
  bench.reading = read(1, true);
  await bench.reconciler.request('start');
  for (const [host, reading] of [
    ['10.9.9.1', wrong],
    ['10.9.9.2', missing],
  ] as const) {
    bench.reading = reading;
    bench.answer = { endpoints: endpointsAt(`${host}:2379`) };
    const verdict = await bench.reconciler.request('srv');
    assert.is(verdict.outcome, 'rejected');
    assert.equal(bench.endpoints, [`${host}:2379`]);
    assert.equal(bench.outcomes.slice(-2), ['applied', 'rejected']);
  }
});

test('follows discoveries while a right file cannot be had', async () => {
  const bench = new Bench();
  bench.reading = read(1, true);
  await bench.reconciler.request('start');
  bench.first.refuses = (desired) =>
    desired.gateways.get('main')?.listen.length === 2 ? 'busy' : undefined;
  bench.reading = read(1, true, ['127.0.0.1:23790', '127.0.0.1:1']);
  bench.answer = { endpoints: endpointsAt('10.9.9.1:2379') };
  assert.is((await bench.reconciler.request('file')).outcome, 'rejected');
  assert.equal(bench.endpoints, ['10.9.9.1:2379']);
});

test('runs nothing where the first file is wrong', async () => {
  const bench = new Bench();
  bench.reading = wrong;
  assert.is((await bench.reconciler.request('start')).outcome, 'rejected');
  assert.is(bench.reconciler.current, undefined);
  assert.equal(bench.log, []);
  assert.equal(bench.synced, []);
});

test('tells the discoveries only of what is accepted', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = wrong;
  await bench.reconciler.request('file');
  bench.reading = read(2);
  bench.second.refuses = () => 'busy';
  await bench.reconciler.request('file');
  assert.ok(bench.synced.every((gateways) => gateways === 1));
  assert.is(bench.reconciler.accepted?.hash, 'hash 1');
});

test('keeps its last verdicts for those who ask later', async () => {
  const bench = new Bench();
  await bench.reconciler.request('start');
  bench.reading = wrong;
  await bench.reconciler.request('file');
  bench.reading = read(1);
  await bench.reconciler.request('file');
  const { generation, last, lastApplied, lastRejected } = bench.reconciler.history();
  assert.is(generation, 1);
  assert.is(last?.reconcileId, 3);
  assert.is(last?.outcome, 'unchanged');
  assert.is(lastApplied?.reconcileId, 1);
  assert.is(lastRejected?.reconcileId, 2);
});

test('ends what runs and starts nothing after it is closed', async () => {
  const bench = new Bench();
  const open = hold(bench.first);
  const running = bench.reconciler.request('start');
  await Promise.resolve();
  await Promise.resolve();
  const waiting = bench.reconciler.request('file');
  const closed = bench.reconciler.close();
  open();
  assert.is((await running).outcome, 'applied');
  await closed;
  assert.is((await waiting).outcome, 'rejected');
  assert.is((await bench.reconciler.request('late')).outcome, 'rejected');
  assert.is(bench.verdicts.length, 1);
});

/** A configuration whose one endpoint is told apart by `n`. */
function read(
  n: number,
  discovers = false,
  listen: readonly string[] = ['127.0.0.1:23790'],
): { kind: 'config'; config: Config; hash: string } {
  const members = { intervalMs: 1, tls: undefined, username: undefined, passwordFile: undefined };
  const gateway = gatewayConfig({
    listen: listen.map(addressOf),
    endpoints: endpointsAt(`10.0.0.${n}:2379`),
    memberDiscovery: discovers ? members : undefined,
  });
  return { kind: 'config', config: configOf(gateway), hash: `hash ${n}` };
}

const problem = { line: 1, column: 1, path: 'gateways', what: 'is wrong', hint: '' };
const wrong = {
  kind: 'invalid',
  file: 'gateway.yaml',
  problems: [problem, problem],
  text: 'gateways:',
  hash: 'wrong',
} as const;
const missing = { kind: 'missing', file: 'gateway.yaml', reason: 'it does not exist' } as const;

/** The recorder's next preparations wait until the returned function is called. */
function hold(recorder: Recorder): () => void {
  let open: () => void = () => undefined;
  recorder.gate = new Promise((resolve) => (open = resolve));
  return open;
}

test.run();
