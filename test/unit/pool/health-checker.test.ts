import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { HealthCheckSettings } from '../../../src/model/config.js';
import { HealthChecker } from '../../../src/pool/health-checker.js';
import type { ProbeResult, ProbeTarget } from '../../../src/pool/probe-result.js';
import { settle, SteppingClock } from '../../support/stepping-clock.js';

const test = suite('health checker');

const settings: HealthCheckSettings = {
  ...{ type: 'tcp', intervalMs: 1000, timeoutMs: 200, rise: 1, fall: 2, tls: undefined },
};

type Answer = Partial<ProbeResult> | 'hang' | 'time out';

/** A checker whose probes answer as `answers` says, by key; what it did is in the fields. */
class Bench {
  readonly clock = new SteppingClock();
  readonly answers = new Map<string, Answer>();
  readonly verdicts: string[] = [];
  readonly probes: { key: string; atMs: number; type: string }[] = [];
  readonly reported: string[] = [];
  aborted = 0;
  flying = 0;
  mostFlying = 0;
  readonly checker: HealthChecker;

  constructor(initial: Partial<HealthCheckSettings> = {}, chance = 0.5) {
    this.checker = new HealthChecker(
      { ...settings, ...initial },
      {
        gateway: 'main',
        clock: this.clock,
        random: () => chance,
        obstacle: () => Promise.resolve(undefined),
        probe: (target, used, signal) => this.#probe(target, used, signal),
        observer: (event) => {
          if (event.type === 'health-checked') this.reported.push(`${event.endpoint} ${event.ok}`);
        },
        onVerdict: (key, healthy, reason) =>
          this.verdicts.push(`${key} ${healthy ? 'healthy' : `unhealthy: ${reason}`}`),
      },
    );
  }

  add(...keys: string[]): void {
    for (const key of keys) this.checker.add(key, { endpoint: key }, () => targetOf(key));
  }

  async #probe(
    target: ProbeTarget,
    { type }: HealthCheckSettings,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    this.probes.push({ key: target.host, atMs: this.clock.nowMs(), type });
    this.mostFlying = Math.max(this.mostFlying, ++this.flying);
    const answer = this.answers.get(target.host) ?? {};
    if (answer === 'hang') await this.#untilAborted(signal);
    else if (answer === 'time out') await this.#wait(200);
    else await Promise.resolve();
    this.flying--;
    const given = typeof answer === 'string' ? { ok: false, reason: answer } : answer;
    return { ok: true, reason: '', durationMs: 1, conclusive: true, ...given };
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimer(ms, resolve));
  }

  #untilAborted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.aborted++;
        resolve();
      });
    });
  }
}

function targetOf(key: string): ProbeTarget {
  return { address: { kind: 'tcp', host: '127.0.0.1', port: 1 }, host: key };
}

test('tells health once, and illness at each failure, as others may have let it back in', async () => {
  const bench = new Bench();
  bench.add('a');
  await bench.clock.run(5000);
  assert.equal(bench.verdicts, ['a healthy']);
  bench.answers.set('a', { ok: false, reason: 'refused' });
  await bench.clock.run(5000);
  const told = bench.verdicts.length;
  assert.ok(told >= 4);
  assert.equal(new Set(bench.verdicts.slice(1)), new Set(['a unhealthy: refused']));
  bench.answers.delete('a');
  await bench.clock.run(3000);
  assert.equal(bench.verdicts.slice(told), ['a healthy']);
  bench.checker.close();
});

test('reports every probe to the observer', async () => {
  const bench = new Bench();
  bench.add('a');
  await bench.clock.run(4000);
  assert.ok(bench.reported.length >= 4);
  assert.is(bench.reported.length, bench.probes.length);
  bench.checker.close();
});

test('lets a failure of its own make prove nothing', async () => {
  const bench = new Bench();
  bench.answers.set('a', { ok: false, reason: 'ca-file is missing', conclusive: false });
  bench.add('a');
  await bench.clock.run(10_000);
  assert.equal(bench.verdicts, []);
  assert.is(bench.checker.verdict('a'), 'unknown');
  assert.ok(bench.reported.length >= 9);
  bench.checker.close();
});

test('checks soon when asked, and tells the verdict even if it is the old one', async () => {
  const bench = new Bench();
  bench.add('a');
  await bench.clock.run(1500);
  const before = bench.probes.length;
  bench.checker.checkSoon('a');
  await bench.clock.run(settings.intervalMs / 2);
  await settle();
  assert.is(bench.probes.length, before + 1);
  assert.equal(bench.verdicts, ['a healthy', 'a healthy']);
  bench.checker.close();
});

test('spreads what many gateways want checked soon over half an interval, and puts nothing off', async () => {
  const begun: number[] = [];
  for (let gateway = 0; gateway < 50; gateway += 1) {
    const bench = new Bench({}, (gateway + 0.5) / 50);
    bench.add('a');
    await bench.clock.run(3 * settings.intervalMs);
    const [askedMs, before] = [bench.clock.nowMs(), bench.probes.length];
    bench.checker.checkSoon('a');
    const soonest = Math.min(...bench.clock.delaysMs);
    bench.checker.checkSoon('a');
    assert.is(Math.min(...bench.clock.delaysMs), soonest);
    await bench.clock.run(soonest);
    assert.is(bench.probes.length, before + 1);
    begun.push(bench.clock.nowMs() - askedMs);
    bench.checker.close();
  }
  const inTenths = Array.from({ length: 10 }, (_, tenth) => (tenth * settings.intervalMs) / 20);
  const most = Math.max(
    ...inTenths.map(
      (ms) => begun.filter((at) => at >= ms && at < ms + settings.intervalMs / 20).length,
    ),
  );
  assert.ok(Math.max(...begun) <= settings.intervalMs / 2);
  assert.ok(most <= 10, `${most} of 50 in a twentieth of the interval`);
});

test('does not take a probe from before for the one that was asked for', async () => {
  const bench = new Bench({ fall: 1 });
  let answer: ((result: ProbeResult) => void) | undefined;
  const checker = new HealthChecker(
    { ...settings, fall: 1 },
    {
      ...{ gateway: 'main', clock: bench.clock, random: () => 0, observer: () => undefined },
      obstacle: () => Promise.resolve(undefined),
      probe: () => {
        bench.flying++;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      onVerdict: (_key, healthy) => bench.verdicts.push(String(healthy)),
    },
  );
  checker.add('a', { endpoint: 'a' }, () => targetOf('a'));
  await bench.clock.run(0);
  assert.is(bench.flying, 1);
  checker.checkSoon('a');
  answer?.({ ok: true, reason: '', durationMs: 1, conclusive: true });
  await settle();
  assert.equal(bench.verdicts, []);
  await bench.clock.run(0);
  assert.is(bench.flying, 2);
  answer?.({ ok: false, reason: 'x', durationMs: 1, conclusive: true });
  await settle();
  assert.equal(bench.verdicts, ['false']);
  checker.close();
});

test('never checks two of three upstreams together', async () => {
  const bench = new Bench();
  bench.add('a', 'b', 'c');
  await bench.clock.run(60_000);
  const times = bench.probes.map(({ atMs }) => atMs);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(times.length >= 175 && times.length <= 185, String(times.length));
  assert.ok(Math.min(...gaps) > 100, String(Math.min(...gaps)));
  bench.checker.close();
});

test('bounds the probes under way, and comes to all upstreams nevertheless', async () => {
  const bench = new Bench();
  const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
  for (const key of keys.slice(0, 150)) bench.answers.set(key, 'time out');
  bench.add(...keys);
  await bench.clock.run(3000);
  assert.is(bench.mostFlying, 32);
  assert.is(new Set(bench.probes.map(({ key }) => key)).size, 200);
  bench.checker.close();
  await bench.clock.run(200); // the probes' own time
  assert.is(bench.clock.delaysMs.length, 0);
});

test('drops probes under way when an upstream is removed, and tells nothing more', async () => {
  const bench = new Bench({ fall: 1 });
  bench.answers.set('a', 'hang');
  bench.add('a');
  await bench.clock.run(1000);
  bench.checker.remove('a');
  await settle();
  assert.is(bench.aborted, 1);
  assert.equal([bench.verdicts, bench.reported], [[], []]);
  assert.is(bench.clock.delaysMs.length, 0);
});

test('leaves checks out while no address is known', async () => {
  const bench = new Bench();
  let known = false;
  bench.checker.add('a', { endpoint: 'a' }, () => (known ? targetOf('a') : undefined));
  await bench.clock.run(3000);
  assert.is(bench.probes.length, 0);
  known = true;
  await bench.clock.run(2000);
  assert.equal(bench.verdicts, ['a healthy']);
  bench.checker.close();
});

test('takes new settings live and keeps the verdict until it is disproved', async () => {
  const bench = new Bench({ fall: 1 });
  bench.answers.set('a', { ok: false, reason: 'x' });
  bench.add('a');
  await bench.clock.run(1000);
  bench.checker.configure({ ...settings, type: 'etcd', intervalMs: 100, fall: 1 });
  assert.is(bench.checker.verdict('a'), 'unhealthy');
  const before = bench.probes.length;
  await bench.clock.run(1000);
  assert.ok(bench.probes.length >= before + 9);
  assert.is(bench.probes.at(-1)?.type, 'etcd');
  assert.equal(new Set(bench.verdicts), new Set(['a unhealthy: x']));
  bench.checker.close();
});

test('goes on undisturbed when the settings are the same', async () => {
  const bench = new Bench();
  bench.answers.set('a', 'hang');
  bench.add('a');
  await bench.clock.run(1000);
  bench.checker.configure({ ...settings });
  await settle();
  assert.is(bench.aborted, 0);
  bench.checker.close();
});

test('releases everybody when checks are turned off, and checks nobody', async () => {
  const bench = new Bench({ fall: 1 });
  bench.answers.set('a', { ok: false, reason: 'x' });
  bench.add('a', 'b');
  await bench.clock.run(1000);
  bench.checker.configure({ ...settings, type: 'none' });
  assert.equal(bench.verdicts.filter((line) => line.startsWith('a ')).at(-1), 'a healthy');
  const before = bench.probes.length;
  bench.checker.checkSoon('a');
  bench.add('c');
  await bench.clock.run(5000);
  assert.is(bench.probes.length, before);
  assert.is(bench.clock.delaysMs.length, 0);
});

test.run();
